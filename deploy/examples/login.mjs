#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/*
 * What a site's own server does for Waymark when somebody logs in or buys something. Node 18 or
 * newer, no packages; copy the functions that you need. Commands and arguments are those of
 * login.py, which says where keys and token come from; keep both like passwords.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const PROOF_SECONDS = 120; // how long a proof is good; at most 300
const ATTEMPTS = 5;

const mac = (key, data) =>
	createHmac('sha256', Buffer.from(key, 'base64url')).update(data).digest();

/* White space stripped, A-Z lowered, nothing else. */
const normal = (address) =>
	address
		.replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '')
		.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const prospectId = (keys, address) =>
	mac(keys.identity, Buffer.from(`prospect\0${normal(address)}`)).subarray(0, 12);

/* Only after the password was right, and only for the address of that account. */
const proof = (keys, address, tag) => {
	const expiry = Buffer.alloc(4);
	expiry.writeUInt32BE(Math.floor(Date.now() / 1000) + PROOF_SECONDS);
	const signed = Buffer.concat([
		Buffer.from([keys.key_id]),
		prospectId(keys, address),
		Buffer.from(tag, 'hex'),
		expiry,
	]);
	const signature = mac(keys.subkeys[9], signed).subarray(0, 12);
	return Buffer.concat([signed, signature]).toString('base64url');
};

/* Send events until they are stored. Sending again is safe: each has an idempotency key. */
const report = async (api, token, events) => {
	for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
		if (attempt > 0) await pause(2 ** attempt * 100);
		let answer, said;
		try {
			answer = await fetch(`${api}/api/v1/events`, {
				method: 'POST',
				headers: {
					authorization: `Bearer ${token}`,
					'content-type': 'application/json',
				},
				body: JSON.stringify({ events }),
				signal: AbortSignal.timeout(30000),
			});
			said = await answer.json();
		} catch {
			// Not all of it came; it may be stored all the same.
			if (!answer || answer.ok) continue;
		}
		if (answer.ok) return said.results;
		// A mistake in the events, or the token: the answer says which.
		if (answer.status < 500)
			throw new Error(said?.error ?? `${api} answers ${answer.status}`);
	}
	throw new Error(`${api} does not store events now; keep these and send them later`);
};

const [command, ...values] = process.argv.slice(2);
if (command === 'proof' && values.length === 3) {
	const [file, address, tag] = values;
	console.log(proof(JSON.parse(readFileSync(file, 'utf8')), address, tag));
} else if (command === 'report' && values.length === 2) {
	try {
		const [api, event] = values;
		const results = await report(api, process.env.WAYMARK_TOKEN, [JSON.parse(event)]);
		console.log(JSON.stringify(results));
	} catch (error) {
		console.error(error.message);
		process.exit(1);
	}
} else {
	console.error('usage: login.mjs proof EXPORT ADDRESS TAG | report API EVENT');
	process.exit(1);
}
