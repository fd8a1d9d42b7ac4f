/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine: its clock, the disk below data/, and what lies there.
 *
 * Times decide sessions, retention and the age of cookies, so a clock that nobody keeps right is
 * worth a word. Each click waits for an fdatasync, so what one takes is measured where it will be
 * made. File systems that keep nothing, or that LMDB cannot lock and map, are named by their magic
 * numbers (statfs(2)).
 */
#include "commands/doctor.h"

#include "base/cleanup.h"
#include "config/config.h"
#include "store/event_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/vfs.h>

enum {
	SYNCS = 32,
	SYNC_BYTES = 4096,
	SLOW_SYNC_MS = 20, /* a fifth of the default commit_wait_ms */
	FUTURE_S = 300,
	FULL_PERCENT = 1
};

/* clang-format off */
static const struct {
	uint32_t magic;
	enum doctor_level level;
	const char *name, *advice;
} file_systems[] = {
	{0x01021994, DOCTOR_NOTE, "tmpfs", "events die with the machine there; put data_dir on a disk"},
	{0x858458f6, DOCTOR_NOTE, "ramfs", "events die with the machine there; put data_dir on a disk"},
	{0x00006969, DOCTOR_FAIL, "NFS",   "LMDB must not lie on a network file system; use a local disk"},
	{0xff534d42, DOCTOR_FAIL, "CIFS",  "LMDB must not lie on a network file system; use a local disk"},
	{0xfe534d42, DOCTOR_FAIL, "SMB",   "LMDB must not lie on a network file system; use a local disk"},
	{0x794c7630, DOCTOR_NOTE, "overlayfs", "a container's own layer goes away with it; mount a volume for data_dir"},
};
/* clang-format on */

void doctor_check_clock(struct doctor *doctor)
{
	struct timex state = {0};
	int r = adjtimex(&state);

	if (r < 0)
		doctor_say(doctor, DOCTOR_NOTE, "clock", NULL, "its state cannot be read: %s",
			   strerror(errno));
	else if (state.status & STA_UNSYNC)
		doctor_say(doctor, DOCTOR_NOTE, "clock",
			   "run a time service (chrony, systemd-timesyncd), here or on the host",
			   "nothing on this machine says that it keeps the clock right");
	else
		doctor_say(doctor, DOCTOR_OK, "clock", NULL, "kept right by a time service");
}

static void check_file_system(struct doctor *doctor, const char *path)
{
	struct statfs info;

	if (statfs(path, &info))
		return;
	for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (file_systems[i].magic == (uint32_t)info.f_type)
			doctor_say(doctor, file_systems[i].level, "disk", file_systems[i].advice,
				   "%s lies on %s", path, file_systems[i].name);
}

static void check_space(struct doctor *doctor, const char *path)
{
	struct statvfs info;
	double free_percent, reserve = doctor->app->config->disk_reserve_percent;
	enum doctor_level level;

	if (statvfs(path, &info) || info.f_blocks == 0)
		return;
	free_percent = 100.0 * (double)info.f_bavail / (double)info.f_blocks;
	level = free_percent < FULL_PERCENT || free_percent < reserve ? DOCTOR_FAIL
		: free_percent < 2 * reserve			      ? DOCTOR_NOTE
								      : DOCTOR_OK;
	doctor_say(doctor, level, "disk",
		   level == DOCTOR_OK ? NULL
				      : "make room: below disk_reserve_percent events are dropped",
		   "%.1f %% of it are free (%.1f GiB), the reserve is %.0f %%", free_percent,
		   (double)info.f_bavail * (double)info.f_frsize / (1 << 30), reserve);
}

static int compare_times(const void *a, const void *b)
{
	const usec_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Median of appending a page and syncing it; 0 with errno when that cannot be done. */
static usec_t median_sync(const char *directory)
{
	static const uint8_t page[SYNC_BYTES];
	cleanup_close int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	usec_t times[SYNCS];

	if (fd < 0)
		return 0;
	for (size_t i = 0; i < SYNCS; i++) {
		usec_t began = clock_monotonic();

		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page) || fdatasync(fd))
			return 0;
		times[i] = clock_monotonic() - began;
	}
	qsort(times, SYNCS, sizeof(times[0]), compare_times);
	return times[SYNCS / 2] ? times[SYNCS / 2] : 1;
}

static void check_syncs(struct doctor *doctor, const char *path)
{
	usec_t median = median_sync(path);

	if (median == 0)
		doctor_say(doctor, DOCTOR_FAIL, "disk",
			   "run as the user that owns it; is the disk full or read-only?",
			   "%s cannot be written: %s", path, strerror(errno));
	else if (median > SLOW_SYNC_MS * USEC_PER_MS)
		doctor_say(doctor, DOCTOR_NOTE, "disk",
			   "every click waits for two of them; use a faster disk, or raise "
			   "commit_wait_ms",
			   "an fdatasync takes %.1f ms", (double)median / 1000);
	else
		doctor_say(doctor, DOCTOR_OK, "disk", NULL, "an fdatasync takes %.2f ms",
			   (double)median / 1000);
}

void doctor_check_disk(struct doctor *doctor)
{
	const char *path = doctor->app->config->data_dir;

	if (access(path, F_OK)) {
		doctor_say(doctor, DOCTOR_FAIL, "disk",
			   "make it with mode 0700 for the user that serves, or correct data_dir",
			   "%s: %s", path, strerror(errno));
		return;
	}
	check_file_system(doctor, path);
	check_space(doctor, path);
	check_syncs(doctor, path);
}

struct newest {
	usec_t time;
	bool account;
	uint8_t period;
	uint64_t lost;
};

static int keep_newest(void *context, const struct event *event, struct span record)
{
	struct newest *newest = context;

	(void)record;
	newest->time = event->time;
	newest->account = event->type == EVENT_account;
	newest->period = event_choice(event, EVENT_FIELD_period);
	newest->lost = event_number(event, EVENT_FIELD_lost);
	return 0;
}

static void say_newest(struct doctor *doctor, struct store *store, uint64_t last)
{
	struct newest newest = {0};
	char time[CLOCK_TEXT_BYTES];

	if (last == 0 || event_reader_each(store, last - 1, keep_newest, &newest, &last))
		return;
	clock_format(newest.time, time);
	if (newest.time > clock_wall() + FUTURE_S * USEC_PER_SEC)
		doctor_say(doctor, DOCTOR_NOTE, "clock",
			   "set the clock right; events keep the time they were given",
			   "the newest event is of %s, which is yet to come", time);
	if (!doctor->is_served && newest.account && newest.lost > 0)
		doctor_say(doctor, DOCTOR_NOTE, "store",
			   "see waymark events --type account; was the disk full?",
			   "the last run lost %llu events", (unsigned long long)newest.lost);
}

void doctor_check_store(struct doctor *doctor)
{
	struct error error = {""};
	struct store_status status;
	struct app *reader = NULL;
	int code = app_open(doctor->config, APP_READER, &reader, &error);

	if (code == APP_E_ABSENT) {
		doctor_say(doctor, DOCTOR_NOTE, "store", NULL, "no events yet");
		return;
	}
	if (code) {
		doctor_say(doctor, DOCTOR_FAIL, "store", NULL, "%s", error.text);
		return;
	}
	store_status(reader->store, &status);
	if (status.events_failing || status.state_failing)
		doctor_say(doctor, DOCTOR_FAIL, "store", "restore it from a backup",
			   "%s cannot be read whole", reader->config->data_dir);
	else if (status.last_sequence == 0)
		doctor_say(doctor, DOCTOR_OK, "store", NULL, "no events yet");
	else
		doctor_say(doctor, DOCTOR_OK, "store", NULL,
			   "the log ends with event %llu, %.1f MiB",
			   (unsigned long long)status.last_sequence,
			   (double)status.events_bytes / (1 << 20));
	say_newest(doctor, reader->store, status.last_sequence);
	app_close(reader);
}
