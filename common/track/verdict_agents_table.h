/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What machines call themselves in User-Agent: pieces to be found anywhere in it, ASCII case
 * ignored. A row belongs here when no browser that people use writes it. No include guard: include
 * it with AGENT(text) defined for what is a machine and AGENT_EXCEPT(text) for what holds such a
 * piece and is a person's all the same (taken out before the search).
 */
/* clang-format off */
/* Telephones and browsers whose names hold "bot" or another piece below. */
AGENT_EXCEPT("cubot")
AGENT_EXCEPT("botanic")
AGENT_EXCEPT("abot launcher")
AGENT_EXCEPT("camscanner")
AGENT_EXCEPT("checkout")
AGENT_EXCEPT("@calendar")

/* Crawlers, in the words that they use. */
AGENT("bot") AGENT("b0t") AGENT("b-o-t") AGENT("crawl") AGENT("spider") AGENT("spyder")
AGENT("slurp") AGENT("scrap") AGENT("archiver") AGENT("archive.org") AGENT("indexer")
AGENT("harvest") AGENT("extractor") AGENT("sucker") AGENT("webcopier") AGENT("webzip")
AGENT("httrack") AGENT("offline explorer") AGENT("teleport") AGENT("larbin") AGENT("heritrix")
AGENT("nutch") AGENT("grub-client") AGENT("search engine") AGENT("searchengine")
AGENT("ia_archiver") AGENT("mediapartners") AGENT("googleother") AGENT("google-")
AGENT("feedfetcher") AGENT("yandex.com/") AGENT("baidu.com/") AGENT("sogou web") AGENT("daum/")
AGENT("naver.me") AGENT("yeti/") AGENT("ezooms") AGENT("panscient") AGENT("seo")
AGENT("google search") AGENT("google page") AGENT("google favicon") AGENT("googleweblight")
AGENT("mnogosearch") AGENT("webcollage") AGENT("twingly") AGENT("owler") AGENT("evc-batch")
AGENT("archiving") AGENT("funnelback") AGENT("gigablast") AGENT("linkdex") AGENT("megaindex")
AGENT("semrush") AGENT("ahrefs") AGENT("seokicks") AGENT("majestic") AGENT("screaming frog")
AGENT("rank history") AGENT("sitemap") AGENT("adstxt") AGENT("facebookexternalhit")
AGENT("facebookcatalog") AGENT("meta-external") AGENT("gptbot") AGENT("ccbot") AGENT("claude-")
AGENT("perplexity") AGENT("censys") AGENT("ips-agent")

/* Whoever gives an address or a site for questions; browsers give neither. */
AGENT("@") AGENT("www.") AGENT(".com/") AGENT(".com)") AGENT(".com;") AGENT(".com ") AGENT(".org/")
AGENT(".io/")

/* HTTP libraries and command lines. */
AGENT("http") AGENT("curl") AGENT("wget") AGENT("libwww") AGENT("lwp::") AGENT("lwp-")
AGENT("perl") AGENT("python") AGENT("urllib") AGENT("scrapy") AGENT("java/") AGENT("jakarta")
AGENT("httping") AGENT("scalaj") AGENT("axios") AGENT("node-fetch") AGENT("node.js")
AGENT("undici") AGENT("got (") AGENT("superagent") AGENT("needle/") AGENT("guzzle") AGENT("php/")
AGENT("php-") AGENT("cakephp") AGENT("ruby") AGENT("faraday") AGENT("typhoeus")
AGENT("eventmachine") AGENT("mechanize") AGENT("reqwest") AGENT("ureq") AGENT("hyper/")
AGENT("hackney") AGENT("reactornetty") AGENT("jersey/") AGENT("jetty/") AGENT("gsoap")
AGENT("webclient") AGENT("web services client") AGENT("restsharp") AGENT("powershell")
AGENT("postman") AGENT("insomnia") AGENT("twisted") AGENT("libcurl") AGENT("dart/")
AGENT("dart:io") AGENT("coldfusion") AGENT("emacs") AGENT("gradle") AGENT("npm/") AGENT("git/")
AGENT("wordpress") AGENT("wp engine") AGENT("grpc-") AGENT("logic-apps") AGENT("callout")
AGENT("docker/") AGENT("kube") AGENT("apache ant") AGENT("embarcadero") AGENT("alamofire")
AGENT("restkit") AGENT("cfnetwork") AGENT("fetch") AGENT("getter") AGENT("downloader")
AGENT("downloadmanager") AGENT("qqdownload") AGENT("www::")

/* Link previews, image proxies and mail gateways. */
AGENT("preview") AGENT("whatsapp") AGENT("embedly") AGENT("embedder") AGENT("unfurl")
AGENT("longurl") AGENT("unshort") AGENT("expander") AGENT("resolver") AGENT("iframely")
AGENT("skypeuripreview") AGENT("slack-img") AGENT("vkshare") AGENT("metauri") AGENT("snapchat ads")
AGENT("googleimageproxy") AGENT("yahoomailproxy") AGENT("imageproxy") AGENT("imgproxy")
AGENT("image proxy") AGENT("camo (") AGENT("-camo") AGENT("thumbor") AGENT("imgsizer")
AGENT("thumbnail") AGENT("screenshot") AGENT("screen shot") AGENT("snapshot") AGENT("pingdom")
AGENT("barracuda") AGENT("proofpoint") AGENT("mimecast") AGENT("safelinks") AGENT("urldefense")
AGENT("symantec") AGENT("bitdefender") AGENT("virus") AGENT("mailpit") AGENT("mailchimp")
AGENT("disqus") AGENT("hatena") AGENT("bookmark") AGENT("postrank") AGENT("nuzzel")

/* Feed readers. */
AGENT("feed") AGENT("rss") AGENT("podcast") AGENT("newsgator") AGENT("netvibes")
AGENT("subscriber") AGENT("newspaper/") AGENT("syndirella")

/* Security scanners. */
AGENT("scan") AGENT("nmap") AGENT("zgrab") AGENT("masscan") AGENT("nikto") AGENT("nessus")
AGENT("nuclei") AGENT("w3af") AGENT("zmeu") AGENT("safeweb") AGENT("burpcollab")
AGENT("securityheaders") AGENT("sqlmap") AGENT("qualys") AGENT("detectify") AGENT("probely")
AGENT("fuzz faster") AGENT("internet census") AGENT("internetwache") AGENT("banner detection")
AGENT("netcraft") AGENT("detect") AGENT("hunter") AGENT("sniff")

/* Monitors, validators and testers. */
AGENT("monitor") AGENT("uptime") AGENT("check") AGENT("chk") AGENT("validator") AGENT("verif")
AGENT("analyz") AGENT("analys") AGENT("analytics") AGENT("audit") AGENT("inspect") AGENT("tester")
AGENT("urltest") AGENT("probe") AGENT("pinger") AGENT("ping.") AGENT("watchmouse") AGENT("datadog")
AGENT("synthetic") AGENT("dareboost") AGENT("lighthouse") AGENT("pagespeed") AGENT("gtmetrix")
AGENT("ptst/") AGENT("debugbear") AGENT("speedcurve") AGENT("neustar") AGENT("newrelic")
AGENT("appinsights") AGENT("zabbix") AGENT("nagios") AGENT("catchpoint") AGENT("statuscake")
AGENT("siteimprove") AGENT("siege") AGENT("loadimpact") AGENT("jmeter") AGENT("apachebench")
AGENT("alertra") AGENT("monit/") AGENT("xymon") AGENT("gomez") AGENT("ptst") AGENT("perf test")
AGENT("link sleuth") AGENT("linkalarm") AGENT("linkfinder") AGENT("cookiereports") AGENT("whoruns")
AGENT("builtwith") AGENT("wappalyzer") AGENT("worldping") AGENT("hookshot") AGENT("webhook")
AGENT("domains")

/* Browsers without a person in front of them. */
AGENT("headless") AGENT("phantomjs") AGENT("slimerjs") AGENT("zombie.js") AGENT("htmlunit")
AGENT("selenium") AGENT("webdriver") AGENT("puppeteer") AGENT("playwright") AGENT("cypress")
AGENT("prerender") AGENT("rendertron") AGENT("snapsearch")

/* Programs that open addresses by themselves, though they are not browsers. */
AGENT("msfrontpage") AGENT("webdav") AGENT("data access internet publishing")
AGENT("protocol discovery") AGENT("openoffice") AGENT("libreoffice") AGENT("gvfs/")
AGENT("davclnt") AGENT("amazon simple notification") AGENT("lavf/") AGENT("gstreamer")
AGENT("agent/") AGENT("-agent") AGENT(" agent") AGENT("server") AGENT("service") AGENT(" client")
AGENT("-client") AGENT("worker") AGENT("translat") AGENT("proxy") AGENT("cache") AGENT("robot")
/* clang-format on */
#undef AGENT
#undef AGENT_EXCEPT
