#!/usr/bin/env php
<?php // SPDX-License-Identifier: Apache-2.0
/*
 * Mint Waymark's links outside of Waymark: in a mailer, or a site's login. PHP 8, no packages; copy
 * the functions that you need.
 *
 * The keys come from `waymark key export --for mailer` or `--for login --tracker URL`. Keep the file
 * like a password: who holds it can mint links to anywhere. Commands and arguments are those of
 * mint.py.
 */
declare(strict_types=1);

function decode64(string $text): string
{
	return base64_decode(strtr($text, '-_', '+/'));
}

function mac(string $key, string $data): string
{
	return hash_hmac('sha256', $data, $key, true);
}

/* White space stripped, A-Z lowered, nothing else (strtolower() heeds the locale before PHP 8.2). */
function prospect_id(array $keys, string $address): string
{
	$address = strtr(trim($address, " \t\n\f\r"), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
		'abcdefghijklmnopqrstuvwxyz');
	return substr(mac(decode64($keys['identity']), "prospect\0" . $address), 0, 12);
}

function link_id(array $keys, string ...$parts): string
{
	$data = "link\0";
	foreach ($parts as $part) {
		$data .= pack('N', strlen($part)) . $part;
	}
	return substr(mac(decode64($keys['identity']), $data), 0, 8);
}

function name_id(string $kind, string $name, int $size): string
{
	return substr(hash('sha256', $kind . "\0" . $name, true), 0, $size);
}

function mailing_id(string $name): string
{
	return $name === '' ? str_repeat("\0", 8) : name_id('mailing', $name, 8);
}

function token(array $keys, int $purpose, string $payload): string
{
	$signed = chr($keys['key_id']) . $payload;
	$signature = substr(mac(decode64($keys['subkeys'][(string) $purpose]), $signed), 0, 12);
	return rtrim(strtr(base64_encode($signed . $signature), '+/', '-_'), '=');
}

$commands = [
	'click' => fn ($keys, $link, $address) =>
		token($keys, 1, hex2bin($link) . prospect_id($keys, $address)),
	'link-part' => fn ($keys, $link) => token($keys, 2, hex2bin($link)),
	'prospect-part' => fn ($keys, $address, $mailing) =>
		token($keys, 3, prospect_id($keys, $address) . mailing_id($mailing)),
	/* The URL must be as a browser requests it: http(s), ASCII, at most 2,048 bytes. */
	'self-contained' => fn ($keys, $campaign, $address, $url) =>
		token($keys, 4, name_id('campaign', $campaign, 4) . prospect_id($keys, $address) . $url),
	'open' => fn ($keys, $mailing, $address) =>
		token($keys, 5, mailing_id($mailing) . prospect_id($keys, $address)),
	'subscription' => fn ($keys, $address, $list) =>
		token($keys, 6, prospect_id($keys, $address) . name_id('list', $list, 4)),
	'login' => fn ($keys, $address, $visitor_tag, $expiry) => token($keys, 9,
		prospect_id($keys, $address) . hex2bin($visitor_tag) . pack('N', (int) $expiry)),
	'link-id' => fn ($keys, ...$parts) => bin2hex(link_id($keys, ...$parts)),
];

if ($argc < 4 || !isset($commands[$argv[2]])) {
	fwrite(STDERR, 'usage: mint.php EXPORT ' . implode('|', array_keys($commands))
		. " ARGUMENT...\n");
	exit(1);
}
$keys = json_decode(file_get_contents($argv[1]), true, 8, JSON_THROW_ON_ERROR);
echo $commands[$argv[2]]($keys, ...array_slice($argv, 3)), "\n";
