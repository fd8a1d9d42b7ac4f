# SPDX-License-Identifier: Apache-2.0
"""A month of a company's mailings and site, made up by chance from a seed, as NDJSON for
`waymark events import`, in the order of time.

    month = month.write("month.ndjson", events=20000, seed=1)

What is in it: people at companies in two languages, whose mail is read directly, through an image
proxy or fetched ahead by a machine; gateways of some companies that follow every link of a mail at
once; clicks of people, with the page they led to and its dwell; forwarded links; browsers that came
by search, social networks, ads and other sites; single-page sites; views without a leave, twice
sent ones, leaves of hidden tabs; searches, downloads, named events, forms taken and refused,
logins and purchases seen by the site's server, with and without the browser; internal traffic;
crawlers; requests without a cookie; four campaigns, eight mailings, two trackers.

An import ties no browser to anybody, so what would tie them is returned beside it: month.bindings
(flow/bind_browsers.c records them). About as many events as asked for; the same seed and size give
the same bytes.
"""
import argparse
import calendar
import datetime
import functools
import json
import os
import random
import shutil
import tempfile

MINUTE = 60_000_000
DAY = 1440 * MINUTE
TRACKERS = {"en": "go.example.com", "ja": "go.example.jp"}
SITES = {"en": "https://www.example.com", "ja": "https://www.example.jp"}
LANGUAGES = {"en": "en-US,en;q=0.9", "ja": "ja,en-US;q=0.7"}
# Campaign, name of the mailing, language, day of the month, hour; two of a campaign are one series.
MAILINGS = [
    ("spring", "spring-1-en", "en", 2, 14), ("spring", "spring-1-ja", "ja", 3, 0),
    ("spring", "spring-2-en", "en", 11, 14), ("spring", "spring-2-ja", "ja", 12, 0),
    ("webinar", "webinar-en", "en", 17, 13), ("webinar", "webinar-ja", "ja", 18, 1),
    ("news", "news-03", "en", 24, 9), ("renewal", "renewal-ja", "ja", 27, 0),
]
LINKS = ["/products/alpha", "/products/beta", "/events/webinar", "/prices", "/blog/case-study"]
PAGES = ["/", "/prices", "/products/alpha", "/products/beta", "/products/gamma", "/contact",
         "/events/webinar", "/company", "/careers", "/careers/engineer", "/support", "/login"] + [
             f"/blog/{number:03}" for number in range(60)]
FILES = ["/files/alpha.pdf", "/files/beta.pdf", "/files/prices.xlsx"]
TERMS = {"en": ["price", "alpha manual", "support", "trial", "api"],
         "ja": ["料金", "導入事例", "アルファ", "資料", "お問い合わせ"]}
FORMS = ["contact", "trial", "webinar"]
PRODUCTS = [("Alpha", "JPY", "19800"), ("Beta", "JPY", "128000"), ("Alpha", "USD", "149.00"),
            ("Gamma", "EUR", "89.90"), ("Support", "JPY", "5500")]
REFERRERS = ["https://www.google.com", "https://www.bing.com", "https://search.yahoo.co.jp",
             "https://t.co", "https://www.linkedin.com", "https://www.facebook.com",
             "https://blog.example.org", "https://news.example.net", "https://mail.google.com"]
ADS = ["utm_source=google&utm_medium=cpc&utm_campaign=brand&utm_term=alpha",
       "utm_source=linkedin&utm_medium=social&utm_campaign=launch",
       "utm_source=partner&utm_medium=referral&utm_content=banner", "gclid=Cj0KCQ", "fbclid=IwAR0"]
CHROME = ("Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36")
WINDOWS, MAC, LINUX = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7",
                       "X11; Linux x86_64")
HUMANS = [CHROME.format(system, version) for system in (WINDOWS, MAC, LINUX)
          for version in (138, 139, 140)] + [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 15_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/15.1 Mobile/15E148 Safari/604.1"]
CRAWLERS = ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "python-requests/2.32.3", "curl/8.5.0"]
PROXY_AGENT = ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
               "(via ggpht.com GoogleImageProxy)")
EVENTS_OF_A_PERSON, EVENTS_OF_A_BROWSER, SHARE_OF_PEOPLE = 13, 19, 0.35


text = json.JSONEncoder(ensure_ascii=False).encode


@functools.cache
def date_of(day):
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(day))


def stamp(time):
    day, time = divmod(time, DAY)
    second, micro = divmod(time, 1_000_000)
    minute, second = divmod(second, 60)
    return f"{date_of(day)}T{minute // 60:02}:{minute % 60:02}:{second:02}.{micro:06}Z"


class Browser:
    """What all requests of one browser have in common, written once."""

    def __init__(self, chance, language, agent=None, cookie=True):
        self.visitor = f"{chance.getrandbits(128):032x}" if cookie else None
        self.language = language
        self.network = "198.51.{}.0".format(chance.randrange(256))
        self.agent = agent or chance.choice(HUMANS)
        # Safari 15 does not send them, nor does what goes through some programs.
        self.fetches = "OS 15_1" not in self.agent and agent is None
        self.seen = False
        self.written = {}

    def fields(self, *how):
        """Mode, destination and site of Sec-Fetch-*, where they are not those of a beacon."""
        if how not in self.written:
            self.written[how] = self.write_fields(*how)
        return self.written[how]

    def write_fields(self, mode="no-cors", destination="empty", site="same-site"):
        signals = {"method": "POST" if mode == "no-cors" else "GET"}
        if self.fetches:
            signals["sec_fetch"] = [site, mode, destination]
        language = f',"language":{text(LANGUAGES[self.language])}' if self.fetches or \
            self.agent in HUMANS else ""
        visitor = f',"visitor":"{self.visitor}"' if self.visitor else ""
        return (f',"ip":"{self.network}","agent":{text(self.agent)}{language}{visitor}'
                f',"consent":"{"identify" if self.visitor else "pending"}"'
                f',"signals":{text(signals)}')


class Person:
    def __init__(self, chance, number):
        self.language = "ja" if chance.random() < 0.45 else "en"
        self.company = int(chance.paretovariate(1.1)) % 400
        domain = f"company{self.company:03}.example.{'jp' if self.language == 'ja' else 'com'}"
        self.email = f"person{number}@{domain}"
        self.gateway = self.company % 7 == 3  # its mail server follows every link
        self.reader = chance.choices(["direct", "proxy", "prefetch"], [5, 3, 3])[0]
        self.interest = chance.betavariate(1, 6)
        self.browsers = [Browser(chance, self.language)]
        if chance.random() < 0.2:
            self.browsers.append(Browser(chance, self.language))


class Month:
    def __init__(self, events, seed, start):
        self.chance = random.Random(seed)
        self.begin = calendar.timegm(start.timetuple()) * 1_000_000
        self.days = calendar.monthrange(start.year, start.month)[1]
        self.end = self.begin + self.days * DAY
        self.wanted = events
        self.count = 0
        self.by_type = {}
        self.people = []
        self.bindings = []  # {"visitor", "email", "time", "evidence", "link"}
        self.evidence = {}  # of each browser, the strongest so far
        self.buckets = []

    # writing

    def add(self, time, kind, rest):
        """One event; @rest is the JSON of its fields, each after a comma."""
        if not self.begin <= time < self.end:
            return None
        self.count += 1
        name = f"m{self.count}"
        self.by_type[kind] = self.by_type.get(kind, 0) + 1
        self.buckets[(time - self.begin) // DAY].write(
            f'{time:016}{{"id":"{name}","time":"{stamp(time)}","type":"{kind}"{rest}}}\n')
        return name

    def page_event(self, time, kind, browser, path, query="", referrer=None, props=None, more=""):
        site = SITES[browser.language]
        rest = f',"tracker":"{TRACKERS[browser.language]}","url":{text(site + path + query)}'
        if query:
            rest += f',"query":{text(query[1:])}'
        if referrer:
            rest += f',"referrer":{text(referrer)}'
        if props:
            rest += f',"props":{text(props)}'
        return self.add(time, kind, rest + browser.fields() + more)

    # what happens

    def dwell(self, time, browser, path, view, stay):
        """Leaves of one view: hidden and shown again, cumulative, the last one largest."""
        chance = self.chance
        shown = max(1, int(stay * chance.uniform(0.3, 1)))
        if chance.random() < 0.12:
            return
        if chance.random() < 0.15:
            self.page_event(time + shown // 2, "leave", browser, path, props={
                "view": view, "visible_ms": shown // 2000, "depth": 30, "input": False})
        self.page_event(time + shown, "leave", browser, path, props={
            "view": view, "visible_ms": shown // 1000, "depth": chance.randrange(20, 101),
            "input": chance.random() < 0.8})

    def view(self, time, browser, path, **how):
        chance = self.chance
        view = f"{chance.getrandbits(64) | 1:016x}"
        props = {"view": view, "kind": how.pop("kind", "load")}
        more = how.pop("more", "")
        self.page_event(time, "view", browser, path, props=props, more=more, **how)
        if chance.random() < 0.01:  # sent twice
            self.page_event(time + 40_000, "view", browser, path, props=props, more=more, **how)
        return view

    def act(self, time, browser, path, person):
        """Something beside reading."""
        chance, what = self.chance, self.chance.random()
        if what < 0.05:
            self.page_event(time, "download", browser, chance.choice(FILES))
        elif what < 0.10:
            self.page_event(time, "search", browser, "/search", props={
                "term": chance.choice(TERMS[browser.language])})
        elif what < 0.14:
            rest = f',"name":"{chance.choice(["video", "calculator", "chat"])}"'
            self.page_event(time, "event", browser, path, more=rest)
        elif what < 0.155:
            self.form(time, browser, person)

    def form(self, time, browser, person):
        chance, form = self.chance, self.chance.choice(FORMS)
        if chance.random() < 0.15:
            self.page_event(time - 9_000_000, "submit_error", browser, "/contact",
                            more=f',"form":"{form}","reason":"email"')
        rest = f',"form":"{form}"'
        if person:
            rest += f',"email":"{person.email}","evidence":"declaration"'
            self.bind(time, browser, person, "declaration")
        self.page_event(time, "submit", browser, "/contact", more=rest)

    def buy(self, time, browser, person):
        """The site's server saw it, and sometimes knows the browser."""
        chance = self.chance
        product, currency, amount = chance.choice(PRODUCTS)
        props = {"product": product, "currency": currency, "amount": amount,
                 "order": f"o{chance.getrandbits(32):08x}"}
        rest = (f',"tracker":"{TRACKERS[person.language]}","email":"{person.email}"'
                f',"props":{text(props)},"actor":"shop"')
        login = f',"tracker":"{TRACKERS[person.language]}","email":"{person.email}"'
        if chance.random() < 0.6:
            rest += f',"visitor":"{browser.visitor}"'
        login += f',"visitor":"{browser.visitor}","evidence":"proof"'
        self.add(time - 90_000_000, "login", login)
        self.bind(time - 90_000_000, browser, person, "proof")
        self.add(time, "purchase", rest)

    def bind(self, time, browser, person, evidence, link=None):
        """What ties the browser to the person, where it is stronger than what did before."""
        strength = ("claim", "declaration", "proof").index(evidence)
        if browser.visitor and self.begin <= time < self.end and \
                strength > self.evidence.get(browser.visitor, -1):
            self.evidence[browser.visitor] = strength
            self.bindings.append({"visitor": browser.visitor, "email": person.email, "time": time,
                                  "evidence": evidence, "link": link})

    def visit(self, time, browser, person=None, landing=None, query="", referrer=None):
        """Pages of one session, from the first at @time on; sometimes with pauses at the limit."""
        chance = self.chance
        views = 1 + min(40, int(chance.paretovariate(1.05) - 0.3))
        path = landing or chance.choices(PAGES, [40] + [12] * 11 + [3] * 60)[0]
        site = SITES[browser.language]
        for number in range(views):
            kind = "load" if chance.random() < 0.7 else "spa"
            view = self.view(time, browser, path, query=query, kind=kind, referrer=referrer if
                             number == 0 else site)
            stay = int(1_000_000 * chance.lognormvariate(3.0, 1.2)) + 300_000
            if chance.random() < 0.004:
                stay = 30 * MINUTE  # exactly the pause that still belongs
            elif chance.random() < 0.01:
                stay = 31 * MINUTE + chance.randrange(MINUTE)
            self.dwell(time, browser, path, view, stay)
            if chance.random() < 0.2:
                self.act(time + stay // 2, browser, path, person)
            time += stay
            path, query = chance.choice(PAGES), ""
        browser.seen = True
        return time

    def gateway(self, time, person, mailing, links):
        """A machine follows every link, some minutes after the mail, as an ordinary browser."""
        chance = self.chance
        agent = chance.choice(HUMANS[:3])
        time += chance.randrange(5_000_000, 8 * MINUTE)
        for link, path in links:
            time += chance.randrange(20_000, 900_000)
            scanner = Browser(chance, person.language, agent, cookie=True)
            scanner.network = "192.0.2.0"
            self.click(time, scanner, person, mailing, link, path, land=False)
            if chance.random() < 0.5:
                self.bind(time, scanner, person, "claim", link)

    def click(self, time, browser, person, mailing, link, path, land=True):
        campaign, name, language = mailing[:3]
        rest = (f',"tracker":"{TRACKERS[language]}","email":"{person.email}","evidence":"claim"'
                f',"link":"{link}","mailing":"{name}","campaign":"{campaign}"'
                f',"url":{text(SITES[language] + path)}')
        self.add(time, "click", rest + browser.fields("navigate", "document", "cross-site"))
        if land:
            self.bind(time, browser, person, "claim", link)
            self.visit(time + self.chance.randrange(300_000, 2_500_000), browser, person, path)

    def open(self, time, person, mailing):
        campaign, name, language = mailing[:3]
        chance = self.chance
        reader = Browser(chance, person.language, cookie=False)
        if person.reader == "proxy":
            reader.agent, reader.network, reader.fetches = PROXY_AGENT, "66.249.84.0", False
        elif person.reader == "prefetch":
            reader.agent, reader.network, reader.fetches = "Mozilla/5.0", "172.225.0.0", False
        rest = (f',"tracker":"{TRACKERS[language]}","email":"{person.email}","mailing":"{name}"'
                f',"campaign":"{campaign}"')
        self.add(time, "open", rest + reader.fields("no-cors", "image", "cross-site"))

    def delivery(self, person, mailing):
        """One mail to one person, and what becomes of it."""
        chance = self.chance
        campaign, name, language, day, hour = mailing
        time = self.begin + (day - 1) * DAY + hour * 60 * MINUTE + chance.randrange(20 * MINUTE)
        rest = f',"email":"{person.email}","mailing":"{name}","campaign":"{campaign}"'
        self.add(time, "sent", rest)
        if chance.random() < 0.012:
            self.add(time + chance.randrange(MINUTE), "bounce", rest + ',"reason":"550"')
            return
        links = [(f"{mailing_number(mailing):02x}{number:014x}", path)
                 for number, path in enumerate(LINKS)]
        if person.gateway:
            self.gateway(time, person, mailing, links)
        if person.reader == "prefetch":
            self.open(time + chance.randrange(5 * MINUTE), person, mailing)
        read = time + int(chance.lognormvariate(4.5, 1.6) * MINUTE)
        if chance.random() > 0.25 + person.interest:
            return
        if person.reader != "prefetch":
            self.open(read, person, mailing)
        if chance.random() < 0.1 + person.interest:
            link, path = chance.choice(links)
            self.click(read + chance.randrange(3_000_000, 2 * MINUTE),
                       chance.choice(person.browsers), person, mailing, link, path)
            if chance.random() < 0.03:  # forwarded to a colleague
                self.click(read + chance.randrange(20 * MINUTE, DAY),
                           Browser(chance, person.language), person, mailing, link, path)
        elif chance.random() < 0.01:
            self.add(read, "unsubscribe", f',"tracker":"{TRACKERS[language]}"'
                     f',"email":"{person.email}","list":"{campaign}","mailing":"{name}"')

    def live(self, person):
        """A month of one person."""
        chance = self.chance
        for mailing in MAILINGS:
            if mailing[2] == person.language and chance.random() < 0.85:
                self.delivery(person, mailing)
        if chance.random() < person.interest:
            browser = chance.choice(person.browsers)
            time = self.visit(self.moment(), browser, person, "/login")
            if chance.random() < 0.3:
                self.buy(time + 120_000_000, browser, person)

    def moment(self):
        """By day more than by night, fewer at the end of a week."""
        chance = self.chance
        while True:
            time = self.begin + chance.randrange(self.days * DAY)
            hour, weekday = time // (60 * MINUTE) % 24, (time // DAY + 3) % 7
            if chance.random() < (0.35 if weekday > 4 else 1) * (0.25 if hour < 5 else 1):
                return time

    def surf(self):
        """A browser that nobody knows."""
        chance = self.chance
        language = "ja" if chance.random() < 0.45 else "en"
        browser = Browser(chance, language, cookie=chance.random() > 0.08)
        for _ in range(min(20, int(chance.paretovariate(1.6)))):
            how = chance.random()
            query, referrer = "", None
            if how < 0.2:
                query = "?" + chance.choice(ADS)
            elif how < 0.75:
                referrer = chance.choice(REFERRERS)
            self.visit(self.moment(), browser, None, None, query, referrer)

    def crawl(self):
        chance = self.chance
        robot = Browser(chance, "en", chance.choice(CRAWLERS), cookie=chance.random() < 0.5)
        time = self.moment()
        for _ in range(chance.randrange(1, 12)):
            self.view(time, robot, chance.choice(PAGES))
            time += chance.randrange(1_000_000, 5_000_000)

    def work(self):
        """The owner's own people."""
        chance = self.chance
        browser = Browser(chance, "en")
        time = self.moment()
        for _ in range(chance.randrange(2, 9)):
            self.view(time, browser, chance.choice(PAGES), more=',"excluded":["network"]')
            time += chance.randrange(2_000_000, 90_000_000)

    def probe(self):
        chance = self.chance
        machine = Browser(chance, "en", "Mozilla/5.0", cookie=False)
        mailing = chance.choice(MAILINGS)
        fields = machine.fields("navigate", "document").replace('"GET"', '"HEAD"')
        self.add(self.moment(), "probe", f',"tracker":"{TRACKERS[mailing[2]]}"'
                 f',"link":"{mailing_number(mailing):02x}{0:014x}","mailing":"{mailing[1]}"'
                 f',"campaign":"{mailing[0]}"' + fields)

    def make(self):
        people = max(3, int(self.wanted * SHARE_OF_PEOPLE / EVENTS_OF_A_PERSON))
        browsers = int(self.wanted * (1 - SHARE_OF_PEOPLE) / EVENTS_OF_A_BROWSER)
        self.people = [Person(self.chance, number) for number in range(people)]
        for person in self.people:
            self.live(person)
        for number in range(browsers):
            if number % 60 == 0:
                self.crawl()
            if number % 90 == 0:
                self.work()
            if number % 40 == 0:
                self.probe()
            self.surf()


def mailing_number(mailing):
    return 1 + MAILINGS.index(mailing)


def write(path, events=20000, seed=1, start="2026-03-01"):
    """The month whose first day is @start into the file @path. Return: the Month."""
    month = Month(events, seed, datetime.date.fromisoformat(start))
    folder = tempfile.mkdtemp(prefix="waymark-month-")
    try:
        names = [os.path.join(folder, f"{day:02}") for day in range(month.days)]
        month.buckets = [open(name, "w", encoding="utf-8") for name in names]
        month.make()
        for bucket in month.buckets:
            bucket.close()
        with open(path, "w", encoding="utf-8") as out:
            for name in names:
                with open(name, encoding="utf-8") as bucket:
                    out.writelines(line[16:] for line in sorted(bucket))
    finally:
        shutil.rmtree(folder)
    month.bindings.sort(key=lambda row: (row["time"], row["visitor"]))
    return month


def main():
    parser = argparse.ArgumentParser(description="Write a generated month as NDJSON.")
    parser.add_argument("--events", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", default="2026-03-01", help="first day of the month")
    parser.add_argument("--bindings", help="a file for what ties browsers to people, NDJSON")
    parser.add_argument("path")
    arguments = parser.parse_args()
    month = write(arguments.path, arguments.events, arguments.seed, arguments.start)
    if arguments.bindings:
        with open(arguments.bindings, "w", encoding="utf-8") as file:
            for row in month.bindings:
                file.write(json.dumps(row) + "\n")
    print(f"{month.count} events, {len(month.people)} people, {len(month.bindings)} bindings:",
          ", ".join(f"{number} {kind}" for kind, number in sorted(month.by_type.items())))


if __name__ == "__main__":
    main()
