# SPDX-License-Identifier: Apache-2.0
"""A web log of another system: visits, views and visitors by day, as counted here a second time.

Gaps between the views of a visitor have a heavy tail, and some are 1,800 seconds to the
microsecond, or one more; lines are out of order, some by days; some come twice, as the same line
and as the same view under another id. Agents and addresses are the corpora's, where they are there.
"""
import collections
import datetime
import json
import os
import random
import unittest
import zoneinfo

import corpora
import totals_sql
from daemon import Daemon
from sizes import size

ZONE = "Asia/Tokyo"
BEGIN = datetime.datetime(2026, 2, 27, tzinfo=datetime.timezone.utc)
PAUSE = 1_800_000_000
AGENTS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/140.0.0.0 Safari/537.36",
          "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"]
URLS = [f"https://www.example.com/{number}" for number in range(50)]


def material():
    """Agents of people, agents of machines, addresses."""
    if not (corpora.FOLDER / "ua_humans.txt").exists():
        print("left out: agents and addresses of the corpora, which are not there")
        return AGENTS[:1], AGENTS[1:], URLS
    agents = [(corpora.FOLDER / name).read_text(encoding="utf-8").splitlines()
              for name in ("ua_humans.txt", "ua_bots.txt")]
    urls = [row["input"] for row in corpora.whole("urls.json") if row["class"] == "exact"]
    return (*agents, urls)


def stamp(time):
    return (BEGIN + datetime.timedelta(microseconds=time)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Log:
    def __init__(self, views, seed=7):
        self.chance = random.Random(seed)
        self.lines = []  # (place in the file, line)
        self.humans, self.robots, self.urls = material()
        while len(self.lines) < views:
            self.browse()

    def gap(self):
        chance = self.chance
        what = chance.random()
        if what < 0.03:
            return PAUSE
        if what < 0.06:
            return PAUSE + 1
        return int(min(20 * 86400, 4 * chance.paretovariate(0.7)) * 1_000_000)

    def browse(self):
        chance = self.chance
        agent = chance.choice(self.robots if chance.random() < 0.1 else self.humans)
        visitor = f"{chance.getrandbits(128):032x}"
        time = chance.randrange(20 * 86_400_000_000)
        for _ in range(1 + int(min(200, chance.paretovariate(0.9)))):
            self.view(time, visitor, agent, chance.getrandbits(63) + 1)
            time += self.gap()

    def view(self, time, visitor, agent, view):
        chance = self.chance
        line = {"id": f"w{len(self.lines)}", "time": stamp(time), "type": "view",
                "url": chance.choice(self.urls), "visitor": visitor, "agent": agent,
                "language": "ja", "props": {"view": f"{view:016x}"}}
        late = chance.choice([0, 0, 0, 90, 900, 86400 * 3]) if chance.random() < 0.1 else 0
        place = time + chance.randrange(1 + late * 1_000_000)
        self.lines.append((place, line))
        if chance.random() < 0.02:  # the same line again
            self.lines.append((place + chance.randrange(10_000_000), line))
        if chance.random() < 0.02:  # the same view under another id
            again = {**line, "id": line["id"] + "again"}
            self.lines.append((place + 1, again))


def count(events):
    """By day, from the definitions: {(day, total): number}."""
    zone = zoneinfo.ZoneInfo(ZONE)
    visitors = collections.defaultdict(list)
    for event in events:
        moment = datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
            tzinfo=datetime.timezone.utc)
        day = (moment.astimezone(zone).date() - datetime.date(1970, 1, 1)).days
        time = (moment - BEGIN) // datetime.timedelta(microseconds=1)
        visitors[event["visitor"]].append(
            (time, event["seq"], day, event["props"]["view"], event["settled"]["class"]))
    totals = collections.Counter()
    for views in visitors.values():
        known, days, last, first_day, shown = set(), set(), None, None, 0
        for time, _, day, view, judged in sorted(views):
            if view in known:
                continue
            known.add(view)
            if judged == "machine":
                totals[day, "views_machine"] += 1
                continue
            totals[day, "views"] += 1
            if day not in days:
                totals[day, "visitors"] += 1
                totals[day, "new_visitors"] += not days
                days.add(day)
            if last is None or time - last > PAUSE:
                totals[first_day, "bounced_sessions"] += shown == 1
                totals[day, "sessions"] += 1
                first_day, shown = day, 0
            last, shown = time, shown + 1
        totals[first_day, "bounced_sessions"] += shown == 1
    return {key: number for key, number in totals.items() if number}


class WebLog(unittest.TestCase):
    def test_visits_views_and_visitors_by_day(self):
        with Daemon() as daemon:
            daemon.configure(summary__time_zone=ZONE)
            log = Log(size("weblog_views"))
            path = os.path.join(daemon.directory, "web.ndjson")
            with open(path, "w", encoding="utf-8") as file:
                for _, line in sorted(log.lines, key=lambda row: row[0]):
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
            daemon.waymark("events", "import", "--source", "web", path, limit=1800)
            daemon.waymark("summarize", "--as-of", "2026-06-01T00:00:00Z", limit=600)
            wanted = count(map(json.loads, daemon.lines("events", "--type", "view", "--settled")))
            stored = totals_sql.stored(os.path.join(daemon.instance, "data"), {})
            found = {(day, total): number for (kind, _, day, total), number in stored.items()
                     if kind == "all"}
            self.assertEqual(found, wanted)
            self.assertGreater(sum(number for (_, total), number in wanted.items()
                                   if total == "views_machine"), 0)


if __name__ == "__main__":
    unittest.main()
