// SPDX-License-Identifier: Apache-2.0
// A JSON list of URLs on standard input; on standard output what a browser would request for each,
// null where it would not.
import fs from 'node:fs';

const href = (text) => {
	try {
		return new URL(text).href;
	} catch {
		return null;
	}
};
const urls = JSON.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(urls.map(href)));
