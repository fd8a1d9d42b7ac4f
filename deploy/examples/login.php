#!/usr/bin/env php
<?php // SPDX-License-Identifier: Apache-2.0
/*
 * What a site's own server does for Waymark when somebody logs in or buys something. PHP 8, no
 * packages; copy the functions that you need. Commands and arguments are those of login.py, which
 * says where keys and token come from; keep both like passwords.
 */
declare(strict_types=1);

const PROOF_SECONDS = 120; // how long a proof is good; at most 300
const ATTEMPTS = 5;

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

/* Only after the password was right, and only for the address of that account. */
function proof(array $keys, string $address, string $tag): string
{
	$signed = chr($keys['key_id']) . prospect_id($keys, $address) . hex2bin($tag)
		. pack('N', time() + PROOF_SECONDS);
	$signature = substr(mac(decode64($keys['subkeys']['9']), $signed), 0, 12);
	return rtrim(strtr(base64_encode($signed . $signature), '+/', '-_'), '=');
}

/* Send events until they are stored. Sending again is safe: each has an idempotency key. */
function report(string $api, string $token, array $events): array
{
	$context = stream_context_create(['http' => [
		'method' => 'POST',
		'header' => "Authorization: Bearer $token\r\nContent-Type: application/json\r\n",
		'content' => json_encode(['events' => $events], JSON_THROW_ON_ERROR),
		'timeout' => 30,
		'ignore_errors' => true,
	]]);
	for ($attempt = 0; $attempt < ATTEMPTS; $attempt++) {
		if ($attempt > 0) {
			usleep(2 ** $attempt * 100000);
		}
		$text = @file_get_contents("$api/api/v1/events", false, $context);
		if ($text === false) {
			continue; // no answer; it may be stored all the same
		}
		$status = (int) substr($http_response_header[0], 9, 3);
		$said = json_decode($text, true);
		if ($status === 200 && $said === null) {
			continue; // not all of it came; it may be stored all the same
		}
		if ($status === 200) {
			return $said['results'];
		}
		if ($status < 500) { // a mistake in the events, or the token: the answer says which
			throw new RuntimeException($said['error'] ?? "$api answers $status");
		}
	}
	throw new RuntimeException("$api does not store events now; keep these and send them later");
}

$values = array_slice($argv, 2);
try {
	if (($argv[1] ?? '') === 'proof' && count($values) === 3) {
		$keys = json_decode(file_get_contents($values[0]), true, 8, JSON_THROW_ON_ERROR);
		echo proof($keys, $values[1], $values[2]), "\n";
	} elseif (($argv[1] ?? '') === 'report' && count($values) === 2) {
		$event = json_decode($values[1], true, 16, JSON_THROW_ON_ERROR);
		echo json_encode(report($values[0], getenv('WAYMARK_TOKEN'), [$event])), "\n";
	} else {
		throw new RuntimeException('usage: login.php proof EXPORT ADDRESS TAG | report API EVENT');
	}
} catch (RuntimeException | JsonException $error) {
	fwrite(STDERR, $error->getMessage() . "\n");
	exit(1);
}
