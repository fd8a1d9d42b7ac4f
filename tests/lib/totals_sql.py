# SPDX-License-Identifier: Apache-2.0
"""The totals of data/summary/ computed a second time, by SQL over what `waymark events --settled`
prints, from the definitions in server/summary/totals.h and session.h and from nothing else of the
program.

    computed = totals_sql.compute(lines, zone="Europe/Berlin", groups=[("prices", "/prices")])
    stored = totals_sql.stored("wm/data", computed.names)
    assert computed.totals == stored

Both are {(kind, id, day, total): number}, ids written as people read them.
"""
import datetime
import json
import pathlib
import re
import sqlite3
import subprocess
import urllib.parse
import zoneinfo

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EPOCH = datetime.date(1970, 1, 1)
CLASSES = ["direct", "mail", "link", "utm", "ad", "search", "social", "webmail", "referral",
           "internal"]
CLICK_IDS = {"gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid",
             "li_fat_id", "yclid"}
DECIMALS = {"JPY": 0, "USD": 2, "EUR": 2}
# Of the referrers that the material has; its own sites are told by their domain.
REFERRERS = {"www.google.com": "search", "www.bing.com": "search", "search.yahoo.co.jp": "search",
             "t.co": "social", "www.linkedin.com": "social", "www.facebook.com": "social",
             "mail.google.com": "webmail"}
# What a person does by name, whoever the browser belongs to.
OWN = ("click", "open", "probe", "sent", "bounce", "unsubscribe", "resubscribe", "confirm", "login",
       "purchase", "submit")

# What is no request of anybody's, such as a mail that went out.
NOT_JUDGED = {"class": "unknown", "settled": True, "reasons": []}

SCHEMA = """
CREATE TABLE event (seq INTEGER PRIMARY KEY, time INTEGER, day INTEGER, type TEXT, tracker TEXT,
  visitor INTEGER, prospect INTEGER, link TEXT, mailing TEXT, campaign TEXT, list TEXT, form TEXT,
  page TEXT, name TEXT, class TEXT, settled INTEGER, open TEXT, excluded INTEGER, view TEXT,
  visible INTEGER, product TEXT, currency TEXT, amount INTEGER, items INTEGER, source TEXT,
  network INTEGER, agent INTEGER, utcday INTEGER, grp INTEGER, conflict INTEGER DEFAULT 0);
CREATE TABLE reason (seq INTEGER, bit INTEGER);
CREATE TABLE bind (seq INTEGER PRIMARY KEY, visitor INTEGER, prospect INTEGER);
CREATE TABLE unbind (seq INTEGER, refers INTEGER, visitor INTEGER);
CREATE TABLE conflicting (seq INTEGER);
CREATE TABLE total (kind TEXT, id TEXT, day INTEGER, total TEXT, n INTEGER);
"""

# Who is who, and what counts.
PREPARE = """
CREATE INDEX bind_visitor ON bind (visitor, seq);
CREATE INDEX unbind_refers ON unbind (refers);
CREATE INDEX unbind_visitor ON unbind (visitor, seq);
CREATE TABLE owner AS SELECT visitor, prospect FROM bind b
  WHERE seq = (SELECT max(seq) FROM bind WHERE visitor = b.visitor)
  AND NOT EXISTS (SELECT 1 FROM unbind u WHERE u.refers = b.seq
    OR (u.refers IS NULL AND u.visitor = b.visitor AND u.seq > b.seq));
CREATE UNIQUE INDEX owner_visitor ON owner (visitor);
UPDATE event SET conflict = 1 WHERE seq IN (SELECT seq FROM conflicting);
CREATE TABLE fact AS SELECT seq, time, day, type, tracker, e.visitor, link, mailing, campaign, list,
  form, page, name, class, settled, open, view, visible, product, currency, amount, items, source,
  grp, conflict, type IN {own} AND e.prospect IS NOT NULL AS own,
  coalesce('p' || o.prospect, 'v' || e.visitor) AS browser_unit,
  CASE WHEN type IN {own} AND e.prospect IS NOT NULL THEN 'p' || e.prospect
    WHEN e.visitor IS NOT NULL THEN coalesce('p' || o.prospect, 'v' || e.visitor)
    ELSE 'a' || coalesce(mailing, '') || '|' || coalesce(page, '') || '|' || coalesce(network, '')
      || '|' || coalesce(agent, '') || '|' || utcday END AS unit,
  type = 'click' AND settled AND class = 'human' AS human_click, class = 'machine' AS machine
  FROM event e LEFT JOIN owner o ON o.visitor = e.visitor WHERE NOT excluded;
CREATE INDEX fact_seq ON fact (seq);
"""

# A view that was sent twice is the first of them; dwell belongs to the first that is heard of it.
VIEWS = """
CREATE TABLE repeated AS SELECT seq FROM (SELECT seq, row_number() OVER
  (PARTITION BY visitor, view ORDER BY time, seq) AS number FROM fact
  WHERE type = 'view' AND visitor IS NOT NULL AND view IS NOT NULL) WHERE number > 1;
DELETE FROM fact WHERE seq IN (SELECT seq FROM repeated);
CREATE TABLE dwell AS SELECT DISTINCT visitor, view,
  first_value(day) OVER first AS day, first_value(page) OVER first AS page,
  first_value(grp) OVER first AS grp, first_value(tracker) OVER first AS tracker,
  max(CASE WHEN type = 'leave' THEN visible ELSE 0 END) OVER (PARTITION BY visitor, view) AS ms
  FROM fact WHERE type IN ('view', 'leave') AND view IS NOT NULL AND visitor IS NOT NULL
    AND NOT (type = 'leave' AND machine)
  WINDOW first AS (PARTITION BY visitor, view ORDER BY time, seq);
"""

# A pause of more than 30 minutes cuts, leaves included, which begin nothing; so does a click of
# another campaign than the visit has so far. A click that another unit counts is judged there.
# Where nothing was done but to follow a link, there is no visit.
SESSIONS = """
CREATE TABLE deed AS SELECT *, sum(pause) OVER (PARTITION BY visitor ORDER BY time, seq) AS stretch
  FROM (SELECT seq, time, day, type, tracker, visitor, campaign, mailing, link, page, source, grp,
    unit, browser_unit, human_click, time - lag(time, 1, -1e18) OVER (PARTITION BY visitor
    ORDER BY time, seq) > 1800000000 AS pause FROM fact WHERE visitor IS NOT NULL
    AND (type != 'view' AND unit != browser_unit OR NOT machine) AND type IN
    ('click', 'view', 'leave', 'event', 'search', 'download', 'purchase', 'submit', 'submit_error',
     'login', 'confirm'));
DELETE FROM deed WHERE type = 'leave';
CREATE TABLE marked AS SELECT *,
  row_number() OVER (PARTITION BY visitor, stretch ORDER BY time, seq) = 1 AS is_first,
  count(CASE WHEN type = 'click' THEN campaign END) OVER (PARTITION BY visitor, stretch
    ORDER BY time, seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS marks FROM deed;
CREATE TABLE last_mark AS SELECT visitor, stretch, marks + 1 AS marks, campaign FROM marked
  WHERE type = 'click' AND campaign IS NOT NULL;
CREATE INDEX last_mark_at ON last_mark (visitor, stretch, marks);
CREATE TABLE visited AS SELECT c.*, sum(c.is_first OR (c.type = 'click' AND c.campaign IS NOT NULL
  AND c.campaign IS NOT m.campaign)) OVER (PARTITION BY c.visitor ORDER BY c.time, c.seq) AS session
  FROM marked c LEFT JOIN last_mark m ON m.visitor = c.visitor AND m.stretch = c.stretch
    AND m.marks = c.marks;
CREATE INDEX visited_seq ON visited (seq);
DROP TABLE deed; DROP TABLE marked; DROP TABLE last_mark;
CREATE TABLE session AS SELECT DISTINCT visitor, session,
  first_value(day) OVER w AS day, first_value(tracker) OVER w AS tracker,
  first_value(CASE WHEN type = 'click' THEN campaign END) OVER w AS campaign,
  first_value(CASE type WHEN 'click' THEN source WHEN 'view' THEN
    CASE WHEN source LIKE 'internal|%' THEN 'direct||' ELSE source END ELSE 'direct||' END) OVER w
    AS source,
  sum(type = 'view') OVER s AS views, sum(type != 'click') OVER s AS events
  FROM visited WINDOW w AS (PARTITION BY visitor, session ORDER BY time, seq),
    s AS (PARTITION BY visitor, session);
DELETE FROM session WHERE events = 0;
CREATE INDEX session_at ON session (visitor, session);
CREATE TABLE seen AS SELECT v.*, s.campaign AS session_campaign, s.source AS session_source,
  s.day AS session_day, s.tracker AS session_tracker,
  row_number() OVER (PARTITION BY v.visitor, v.session ORDER BY v.time, v.seq) AS number,
  row_number() OVER (PARTITION BY v.visitor, v.session ORDER BY v.time DESC, v.seq DESC) AS back
  FROM visited v JOIN session s USING (visitor, session) WHERE v.type = 'view';
CREATE TABLE first_seen AS SELECT day, session_tracker AS tracker, session_campaign AS campaign,
  session_source AS source FROM (SELECT *, row_number() OVER (PARTITION BY visitor
    ORDER BY time, seq) AS first FROM seen) WHERE first = 1;
CREATE TABLE led AS SELECT seq, visitor, session, type, unit = browser_unit AS counted,
  campaign, mailing, link, source,
  count(CASE WHEN type = 'click' AND (human_click OR unit != browser_unit) THEN 1 END) OVER
    (PARTITION BY visitor, session ORDER BY time, seq) AS links,
  row_number() OVER (ORDER BY time, seq) AS place FROM visited;
CREATE INDEX led_at ON led (visitor, session, links);
CREATE TABLE landing AS SELECT seq, visitor, session, links FROM (SELECT *,
  links > lag(links, 1, 0) OVER (PARTITION BY visitor, session ORDER BY place) AS landed FROM led
  WHERE type = 'view') WHERE landed;
CREATE INDEX landing_seq ON landing (seq);
CREATE TABLE leading AS SELECT * FROM led l WHERE type = 'click' AND links > 0 AND NOT EXISTS
  (SELECT 1 FROM led o WHERE o.visitor = l.visitor AND o.session = l.session AND o.links = l.links
    AND o.place < l.place);
"""

# Arrivals, and to which a form or a purchase is owed: the last one, at most 30 days before.
ARRIVALS = """
CREATE TABLE arrival AS
  SELECT unit, time, seq, campaign, mailing, link, source FROM fact
    WHERE human_click AND NOT conflict
  UNION SELECT unit, time, seq, campaign, mailing, link, source FROM fact
    WHERE human_click AND unit = browser_unit
  UNION SELECT v.browser_unit, v.time, v.seq, c.campaign, c.mailing, c.link, c.source FROM landing l
    JOIN leading c ON c.visitor = l.visitor AND c.session = l.session AND c.links = l.links
    JOIN seen v ON v.seq = l.seq WHERE NOT c.counted
  UNION SELECT browser_unit, time, seq, NULL, NULL, NULL, source FROM seen
    WHERE seq NOT IN (SELECT seq FROM landing) AND source NOT LIKE 'direct|%'
      AND source NOT LIKE 'internal|%';
CREATE INDEX arrival_at ON arrival (unit, time, seq);
CREATE TABLE conversion AS SELECT f.*, (SELECT a.rowid FROM arrival a WHERE a.unit = f.unit
    AND (a.time < f.time OR (a.time = f.time AND a.seq < f.seq))
    ORDER BY a.time DESC, a.seq DESC LIMIT 1) AS owed
  FROM fact f WHERE type IN ('submit', 'purchase') AND NOT machine;
CREATE TABLE owing AS SELECT c.seq, c.day, c.type, c.currency, c.amount, c.items, a.campaign,
  a.mailing, a.link, a.source FROM conversion c JOIN arrival a ON a.rowid = c.owed
  WHERE c.time - a.time <= 30 * 86400000000;
"""


def things(table, total, where="1", kinds=("all", "tracker"), by="1"):
    """Rows of @table counted for each kind that they have an id of."""
    ids = {"all": "''", "group": "grp"}
    return [f"INSERT INTO total SELECT '{kind}', {ids.get(kind, kind)}, day, {total}, sum({by}) "
            f"FROM {table} WHERE ({where}) AND {ids.get(kind, kind)} IS NOT NULL GROUP BY 2, 3, 4"
            for kind in kinds]


def once(table, total, where, kinds):
    """Units, once for each id, on the day of their first."""
    ids = {"all": "''"}
    return [f"INSERT INTO total SELECT '{kind}', id, day, '{total}', count(*) FROM (SELECT "
            f"{ids.get(kind, kind)} AS id, day, row_number() OVER (PARTITION BY unit, "
            f"{ids.get(kind, kind)} ORDER BY time, seq) AS number FROM {table} WHERE {where}) "
            f"WHERE number = 1 AND id IS NOT NULL GROUP BY 2, 3" for kind in kinds]


def mails():
    mail = ("all", "tracker", "campaign", "mailing")
    clicks = mail + ("link",)
    rows = things("fact", "'clicks'", "type = 'click'", clicks)
    rows += things("fact", "'clicks_' || CASE WHEN settled THEN class ELSE 'pending' END",
                   "type = 'click'", clicks)
    rows += things("fact", "'conflicts'", "type = 'click' AND conflict", clicks)
    rows += once("fact", "clickers", "human_click", ("all", "campaign", "mailing", "link"))
    rows += things("fact", "'opens_' || open", "type = 'open'", mail)
    rows += once("fact", "openers", "type = 'open' AND open != 'prefetch'",
                 ("all", "campaign", "mailing"))
    rows += things("fact", "'probes'", "type = 'probe'", clicks)
    for kind, total in (("sent", "sent"), ("bounce", "bounces"), ("unsubscribe", "unsubscribes"),
                        ("resubscribe", "resubscribes")):
        rows += things("fact", f"'{total}'", f"type = '{kind}'", mail + ("list",))
    rows += things("(SELECT f.day, r.bit AS reason, CASE type WHEN 'click' THEN 'clicks_machine' "
                   "WHEN 'view' THEN 'views_machine' ELSE 'opens_' || open END AS what FROM fact f "
                   "JOIN reason r USING (seq) WHERE (type = 'click' AND settled AND machine) OR "
                   "(type = 'view' AND machine) OR (type = 'open' AND open != 'direct'))", "what",
                   kinds=("reason",))
    return rows


def deeds():
    rows = []
    for kind, total, more in (("download", "downloads", "page"), ("search", "searches", "term"),
                              ("event", "events", "name"), ("login", "logins", None),
                              ("confirm", "confirms", None),
                              ("submit_error", "submit_errors", "form"),
                              ("submit", "submits", "form"), ("purchase", "purchases", None)):
        rows += things("(SELECT *, name AS term FROM fact)", f"'{total}'",
                       f"type = '{kind}' AND NOT machine",
                       ("all", "tracker") + ((more,) if more else ()))
    rows += once("fact", "submitters", "type = 'submit' AND NOT machine", ("all", "form"))
    rows += things("conversion", "'conversions'")
    rows += things("conversion", "'items'", "type = 'purchase'", ("all",), "items")
    owed = ("campaign", "mailing", "link", "source")
    rows += things("owing", "'conversions'", kinds=owed)
    rows += things("owing", "CASE type WHEN 'submit' THEN 'submits' ELSE 'purchases' END",
                   kinds=owed)
    for table, kind, id_text in (
            ("conversion", "currency", "currency"),
            ("conversion", "product", "product || '|' || coalesce(currency, '')"),
            ("owing", "campaign_sale", "campaign || '|' || currency")):
        for total, by in (("purchases", "1"), ("items", "items"), ("amount", "amount")):
            rows.append(f"INSERT INTO total SELECT '{kind}', {id_text}, day, '{total}', sum({by}) "
                        f"FROM {table} WHERE type = 'purchase' AND {id_text} IS NOT NULL "
                        "GROUP BY 2, 3")
    return rows


def visits():
    shown = ("all", "tracker", "page", "group")
    rows = things("fact", "'views'", "type = 'view' AND NOT machine", shown)
    rows += things("fact", "'views_machine'", "type = 'view' AND machine", shown)
    rows += things("(SELECT day, session_campaign AS campaign, session_source AS source FROM seen)",
                   "'views'", kinds=("campaign", "source"))
    rows += things("dwell", "'visible_ms'", "ms > 0", shown, "ms")
    came = ("all", "tracker", "campaign", "source")
    rows += things("session", "'sessions'", kinds=came)
    rows += things("session", "'bounced_sessions'", "views = 1 AND events = 1", came)
    ends = "(SELECT session_day AS day, page, grp FROM seen WHERE {} = 1)"
    rows += things(ends.format("number"), "'entries'", kinds=("page", "group"))
    rows += things(ends.format("back"), "'exits'", kinds=("page", "group"))
    for kind, column in (("all", "''"), ("tracker", "tracker"), ("page", "page"), ("group", "grp")):
        rows.append(f"INSERT INTO total SELECT '{kind}', {column}, day, 'visitors', "
                    f"count(DISTINCT visitor) FROM seen WHERE {column} IS NOT NULL GROUP BY 2, 3")
    rows += things("first_seen", "'new_visitors'", kinds=came)
    rows += things("(SELECT day, CASE WHEN before IS NULL THEN 0 ELSE day - before END AS gap FROM "
                   "(SELECT day, lag(day) OVER (PARTITION BY visitor ORDER BY day) AS before FROM "
                   "(SELECT DISTINCT visitor, day FROM seen)))", "'visitors'", kinds=("gap",))
    return rows


class Reader:
    """The lines of the export, as rows."""

    def __init__(self, zone, groups):
        self.zone = zoneinfo.ZoneInfo(zone)
        self.groups = groups
        self.names = {}  # (kind, hex) to the name
        self.days, self.midnights, self.grouped, self.sources = {}, {}, {}, {}
        self.numbers = {None: None}  # of browsers, people, agents, networks: shorter to sort
        table = (SOURCE / "common/track/verdict_rules_table.h").read_text(encoding="utf-8")
        self.bits = {name: int(bit) for bit, name, stage in re.findall(
            r"^VERDICT_RULE\((\d+), (\w+), [-\d]+, (\w+),", table, re.M) if stage != "PERSON"}

    def day(self, second):
        hour = second // 900  # zones change at quarters of hours
        if hour not in self.days:
            self.days[hour] = (datetime.datetime.fromtimestamp(second, self.zone).date()
                               - EPOCH).days
        return self.days[hour]

    def number(self, text):
        return self.numbers.setdefault(text, len(self.numbers))

    def time(self, text):
        """Microseconds of 2026-03-01T12:34:56.123456Z."""
        date = text[:10]
        if date not in self.midnights:
            self.midnights[date] = (datetime.date.fromisoformat(date) - EPOCH).days * 86400
        second = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
        return (self.midnights[date] + second) * 1_000_000 + int(text[20:26])

    def group(self, page):
        if page not in self.grouped:
            path = urllib.parse.urlsplit(page).path
            self.grouped[page] = next((number for number, (_, start) in enumerate(self.groups)
                                       if path == start or path.startswith(start + "/")), None)
        return self.grouped[page]

    def source(self, event):
        if event["type"] == "click":
            return f"{'mail' if event['mailing'] else 'link'}|{event['campaign'] or ''}|"
        if event["type"] != "view":
            return None
        said = event["query"], event["url"], event["referrer"], event["tracker"]
        if said not in self.sources:
            self.sources[said] = self.source_of_view(event)
        return self.sources[said]

    @staticmethod
    def source_of_view(event):
        query = dict(urllib.parse.parse_qsl(event["query"] or
                                            urllib.parse.urlsplit(event["url"]).query))
        if query.get("utm_source"):
            return f"utm|{query['utm_source']}|{query.get('utm_medium', '')}"
        if CLICK_IDS & set(query):
            return "ad||"
        if not event["referrer"]:
            return "direct||"
        host = urllib.parse.urlsplit(event["referrer"]).hostname
        if host.split(".")[-2:] == event["tracker"].split(".")[-2:]:
            return "internal||"
        return f"{REFERRERS.get(host, 'referral')}|{event['referrer']}|"

    def row(self, event):
        props, judged = event["props"], event.get("settled", NOT_JUDGED)
        time = self.time(event["time"])
        second = time // 1_000_000
        page = (event["url"] or "").split("?")[0].split("#")[0] or None
        currency, amount = props.get("currency"), None
        if event["type"] == "purchase":
            amount = round(float(props.get("amount", 0)) * 10 ** DECIMALS[currency])
        return (event["seq"], time, self.day(second),
                event["type"], event["tracker"], self.number(event["visitor"]),
                self.number(event["prospect"]),
                event["link"], event["mailing"], event["campaign"], event.get("list"),
                event.get("form"), page, event.get("name") or props.get("term"),
                judged["class"], judged["settled"], judged.get("open"),
                bool(event.get("excluded")), props.get("view"),
                props.get("visible_ms", 0), props.get("product"), currency, amount,
                props.get("count", 1), self.source(event), self.number(event["ip"]),
                self.number(event["agent"]),
                second // 86400, self.group(page) if page else None, 0)

    def read(self, database, lines):
        rows, reasons = [], []
        for line in lines:
            event = json.loads(line)
            kind, seq = event["type"], event["seq"]
            refers = int(event["refers"].rsplit("-", 1)[1]) if event.get("refers") else None
            if kind == "name":
                self.names[event["kind"], event["name_id"]] = event["name"]
            elif kind == "bind":
                database.execute("INSERT INTO bind VALUES (?, ?, ?)",
                                 (seq, self.number(event["visitor"]),
                                  self.number(event["prospect"])))
            elif kind == "unbind":
                database.execute("INSERT INTO unbind VALUES (?, ?, ?)",
                                 (seq, refers, self.number(event["visitor"])))
            elif kind == "conflict":
                database.execute("INSERT INTO conflicting VALUES (?)", (refers,))
            elif kind in OWN or kind in ("view", "leave", "event", "search", "download",
                                         "submit_error"):
                rows.append(self.row(event))
                judged = event.get("settled", NOT_JUDGED)
                reasons += [(seq, self.bits[name]) for name in judged["reasons"]
                            if name in self.bits]
            if len(rows) > 20000:
                self.put(database, rows, reasons)
                rows, reasons = [], []
        self.put(database, rows, reasons)

    @staticmethod
    def put(database, rows, reasons):
        database.executemany(f"INSERT INTO event VALUES ({','.join('?' * 30)})", rows)
        database.executemany("INSERT INTO reason VALUES (?, ?)", reasons)


class Computed:
    def __init__(self, totals, names):
        self.totals, self.names = totals, names


def compute(lines, zone="UTC", groups=(), path=":memory:"):
    """From the lines of the export, of which each verdict is the settled one."""
    reader = Reader(zone, groups)
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                           "PRAGMA cache_size=-400000; PRAGMA temp_store=FILE;" + SCHEMA)
    reader.read(database, lines)
    for script in (PREPARE.format(own=OWN), VIEWS, SESSIONS, ARRIVALS):
        database.executescript(script)
    for statement in mails() + deeds() + visits() + things("event", "'excluded'", "excluded"):
        database.execute(statement)
    totals = {(kind, str(what), day, total): number for kind, what, day, total, number in
              database.execute("SELECT kind, id, day, total, sum(n) FROM total GROUP BY 1, 2, 3, 4 "
                               "HAVING sum(n) != 0")}
    database.close()
    return Computed(totals, reader.names)


def leb128(data):
    """Signed numbers, low bits first."""
    numbers, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value - (1 << shift) if byte & 0x40 else value)
            value = shift = 0
    return numbers


def dump(path, database):
    """Rows of one database of an LMDB environment, as mdb_dump prints them."""
    text = subprocess.run(["mdb_dump", "-s", database, path], check=True, capture_output=True,
                          text=True).stdout
    lines = [bytes.fromhex(line.strip()) for line in text.splitlines() if line.startswith(" ")]
    return zip(lines[::2], lines[1::2])


def table(name):
    """A table of totals.h: number to the rest of each row."""
    header = (SOURCE / "server/summary/totals.h").read_text(encoding="utf-8")
    return {int(number): rest for number, *rest in re.findall(
        rf"\t{name}\((\d+), (\w+), ?(\d+)?", header)}


def stored(data_dir, names):
    """What data/summary/ holds."""
    path = str(pathlib.Path(data_dir) / "summary")
    texts = {int.from_bytes(key, "big"): value.decode() for key, value in dump(path, "texts")}
    kinds, totals, found = table("KIND"), table("TOTAL"), {}

    def text(data):
        return texts.get(int.from_bytes(data, "big"), "")

    def name(kind, data):
        return names.get((kind, data.hex()), data.hex() if any(data) else "")

    def source(data):
        what = name("campaign", data[1:5]) if data[0] in (1, 2) else text(data[1:5])
        return f"{CLASSES[data[0]]}|{what}|{text(data[5:])}"

    show = {"all": lambda data: "", "link": bytes.hex, "source": source,
            "product": lambda data: f"{text(data[:4])}|{text(data[4:])}",
            "campaign_sale": lambda data: f"{name('campaign', data[:4])}|{text(data[4:])}"}
    for kind in ("campaign", "mailing", "form", "list"):
        show[kind] = lambda data, kind=kind: name(kind, data)
    for kind in ("group", "reason", "gap"):
        show[kind] = lambda data: str(int.from_bytes(data, "big"))
    for key, value in dump(path, "totals"):
        kind, size = kinds[key[0]][0], int(kinds[key[0]][1])
        what = show.get(kind, text)(key[1:1 + size])
        for number, count in enumerate(leb128(value)):
            if count:
                found[kind, what, int.from_bytes(key[1 + size:], "big"), totals[number][0]] = count
    return found


def differences(computed, actual, most=20):
    """Lines for people: what differs, or nothing."""
    rows = [f"{key}: by SQL {computed.get(key, 0)}, stored {actual.get(key, 0)}"
            for key in sorted(set(computed) | set(actual), key=str)
            if computed.get(key, 0) != actual.get(key, 0)]
    return rows[:most] + ([f"and {len(rows) - most} more"] if len(rows) > most else [])
