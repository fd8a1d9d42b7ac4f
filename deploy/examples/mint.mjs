#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/*
 * Mint Waymark's links outside of Waymark: in a mailer, or a site's login. Node 18 or newer, no
 * packages; copy the functions that you need.
 *
 * The keys come from `waymark key export --for mailer` or `--for login --tracker URL`. Keep the
 * file like a password: who holds it can mint links to anywhere. Commands and arguments are those
 * of mint.py.
 */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

const mac = (key, data) =>
	createHmac('sha256', Buffer.from(key, 'base64url')).update(data).digest();

/* White space stripped, A-Z lowered, nothing else. */
const normal = (address) =>
	address
		.replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '')
		.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

const prospectId = (keys, address) =>
	mac(keys.identity, Buffer.from(`prospect\0${normal(address)}`)).subarray(0, 12);

const number = (value) => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
};

const linkId = (keys, ...parts) => {
	const data = [Buffer.from('link\0')];
	for (const part of parts) data.push(number(Buffer.byteLength(part)), Buffer.from(part));
	return mac(keys.identity, Buffer.concat(data)).subarray(0, 8);
};

const nameId = (kind, name, size) =>
	createHash('sha256').update(`${kind}\0${name}`).digest().subarray(0, size);

const mailingId = (name) => (name ? nameId('mailing', name, 8) : Buffer.alloc(8));

const token = (keys, purpose, ...payload) => {
	const signed = Buffer.concat([Buffer.from([keys.key_id]), ...payload]);
	const signature = mac(keys.subkeys[purpose], signed).subarray(0, 12);
	return Buffer.concat([signed, signature]).toString('base64url');
};

const hex = (text) => Buffer.from(text, 'hex');

const commands = {
	click: (keys, link, address) => token(keys, 1, hex(link), prospectId(keys, address)),
	'link-part': (keys, link) => token(keys, 2, hex(link)),
	'prospect-part': (keys, address, mailing) =>
		token(keys, 3, prospectId(keys, address), mailingId(mailing)),
	/* The URL must be as a browser requests it: http(s), ASCII, at most 2,048 bytes. */
	'self-contained': (keys, campaign, address, url) =>
		token(
			keys,
			4,
			nameId('campaign', campaign, 4),
			prospectId(keys, address),
			Buffer.from(url),
		),
	open: (keys, mailing, address) =>
		token(keys, 5, mailingId(mailing), prospectId(keys, address)),
	subscription: (keys, address, list) =>
		token(keys, 6, prospectId(keys, address), nameId('list', list, 4)),
	login: (keys, address, visitorTag, expiry) =>
		token(keys, 9, prospectId(keys, address), hex(visitorTag), number(Number(expiry))),
	'link-id': (keys, ...parts) => linkId(keys, ...parts).toString('hex'),
};

const [file, command, ...values] = process.argv.slice(2);
if (!Object.hasOwn(commands, command ?? '')) {
	console.error(`usage: mint.mjs EXPORT ${Object.keys(commands).join('|')} ARGUMENT...`);
	process.exit(1);
}
console.log(commands[command](JSON.parse(readFileSync(file, 'utf8')), ...values));
