/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of a report: FIGURE(id, form, count, of, beside, heading, definition, 見出し, 定義).
 *
 * form COUNT: the total `count`; RATE: `count` of `of`, both shown, and, where `beside` is another
 * total than `count`, how the rate would be with machines; TIME: milliseconds; MEAN: milliseconds
 * `count` for each of `of`; PER: `count` for each of `of`. The definition is what the page, the
 * guide and a reader's question get: whole sentences, in terms of what was recorded. No include
 * guard: include it with FIGURE defined.
 */
/* clang-format off */
FIGURE(sent, COUNT, sent, sent, sent,
  "Sent", "Mails that the mailer reported as sent.",
  "送信", "配信システムから「送信した」と通知されたメールの数です。")
FIGURE(bounces, COUNT, bounces, bounces, bounces,
  "Bounced", "Mails that came back, as the mailer reported them.",
  "不達", "配信システムから「届かなかった」と通知されたメールの数です。")
FIGURE(unsubscribes, COUNT, unsubscribes, unsubscribes, unsubscribes,
  "Unsubscribed", "People who confirmed on the page, or by their mail program's button, that they leave a list. Opening the link alone changes nothing.",
  "配信停止", "配信停止ページまたはメールソフトのボタンで停止を確定した件数です。リンクが開かれただけでは停止になりません。")
FIGURE(resubscribes, COUNT, resubscribes, resubscribes, resubscribes,
  "Came back", "People who came back to a list that they had left.",
  "配信再開", "停止したリストの配信を再開した件数です。")
FIGURE(opens_direct, COUNT, opens_direct, opens_direct, opens_direct,
  "Opens", "Times that a mail program itself fetched the picture in a mail. Programs that block pictures are missing, so this is a lower bound; it never counts towards a score.",
  "開封", "メールソフト自身がメール内の画像を読み込んだ回数です。画像を表示しない環境は含まれないため下限の目安であり、スコアには加算しません。")
FIGURE(opens_proxy, COUNT, opens_proxy, opens_proxy, opens_proxy,
  "Opens by proxy", "The picture was fetched by the mail provider's image proxy when somebody looked: an open, but not by a person's own device.",
  "プロキシ経由の開封", "閲覧時にメール事業者の画像プロキシが読み込んだ回数です。本人の端末からの読み込みではありません。")
FIGURE(opens_prefetch, COUNT, opens_prefetch, opens_prefetch, opens_prefetch,
  "Prefetched", "The picture was fetched in advance, whether anybody reads the mail or not, as Apple's mail privacy does. Not an open.",
  "先読み", "読まれたかどうかに関係なく事前に読み込まれた回数です（Apple のメールプライバシー保護など）。開封とは数えません。")
FIGURE(openers, COUNT, openers, openers, openers,
  "People who opened", "Different people with at least one open, prefetches left out, on the day of their first.",
  "開封者", "先読みを除き、一度以上開封した人の数です。最初に開封した日に数えます。")
FIGURE(open_rate, RATE, openers, sent, openers,
  "Open rate", "People who opened, of the mails sent.",
  "開封率", "送信数に対する開封者の割合です。")
FIGURE(clicks, COUNT, clicks, clicks, clicks,
  "Clicks, all", "Every request for a tracked link, whoever made it: people, machines, unclear and not yet judged together.",
  "クリック（全件）", "計測リンクへのすべてのアクセスです。人・機械・判定できないもの・判定待ちの合計です。")
FIGURE(clicks_human, COUNT, clicks_human, clicks_human, clicks_human,
  "Clicks by people", "Clicks with evidence that a person made them, such as a page seen afterwards with the same cookie.",
  "人のクリック", "同じ Cookie でその後ページが表示されたなど、人によると判断できる根拠があるクリックです。")
FIGURE(clicks_machine, COUNT, clicks_machine, clicks_machine, clicks_machine,
  "Clicks by machines", "Clicks by scanners of mail gateways, previews and programs. They are recorded with the reasons, and never score.",
  "機械のクリック", "メールゲートウェイの検査、プレビュー、プログラムによるクリックです。理由とともに記録し、スコアには加算しません。")
FIGURE(clicks_unknown, COUNT, clicks_unknown, clicks_unknown, clicks_unknown,
  "Clicks unclear", "Clicks that nothing speaks for or against. They are not counted as people.",
  "不明なクリック", "人とも機械とも判断できる根拠がないクリックです。人の数には含めません。")
FIGURE(clicks_pending, COUNT, clicks_pending, clicks_pending, clicks_pending,
  "Clicks not yet judged", "Clicks of the last minutes: a verdict takes up to ten.",
  "判定待ちのクリック", "直近のクリックです。判定には最大 10 分かかります。")
FIGURE(clickers, COUNT, clickers, clickers, clickers,
  "People who clicked", "Different people (or browsers, where nobody is known) with at least one click by a person, on the day of their first.",
  "クリックした人", "人によるクリックが一度以上あった人（特定できない場合はブラウザー）の数です。最初にクリックした日に数えます。")
FIGURE(click_rate, RATE, clickers, sent, clicks,
  "Click rate", "People who clicked, of the mails sent. Beside it: what the rate would be if every click counted, machines included.",
  "クリック率", "送信数に対する、クリックした人の割合です。機械を含む全クリックで計算した場合の値を併記します。")
FIGURE(machine_share, RATE, clicks_machine, clicks, clicks_machine,
  "Share of machines", "Clicks by machines, of all clicks.",
  "機械の割合", "全クリックに占める機械によるクリックの割合です。")
FIGURE(views, COUNT, views, views, views,
  "Page views", "Pages shown in a browser and reported by the script, machines left out. The same view reported twice counts once.",
  "ページビュー", "ブラウザーに表示され、スクリプトが通知したページ数です（機械を除く）。同じ表示が重複して届いても 1 回と数えます。")
FIGURE(views_machine, COUNT, views_machine, views_machine, views_machine,
  "Views by machines", "Page views of programs that run scripts: crawlers, scanners. Not part of page views.",
  "機械の閲覧", "クローラーや検査プログラムによる閲覧です。ページビューには含みません。")
FIGURE(visitors, COUNT, visitors, visitors, visitors,
  "Visitors", "Different browsers that were seen in the period. One person may have several; who refuses the cookie is not in it.",
  "訪問者", "期間内に訪れたブラウザーの数です。一人が複数のブラウザーを使うことがあり、Cookie を拒否した人は含みません。")
FIGURE(new_visitors, COUNT, new_visitors, new_visitors, new_visitors,
  "New visitors", "Browsers that were seen for the first time.",
  "新規訪問者", "初めて訪れたブラウザーの数です。")
FIGURE(sessions, COUNT, sessions, sessions, sessions,
  "Sessions", "Visits of one browser. One ends after a pause of more than 30 minutes, or when it comes back by another campaign.",
  "セッション", "1 つのブラウザーによるひと続きの訪問です。30 分を超えて操作がないか、別のキャンペーンから訪れると区切ります。")
FIGURE(bounce_rate, RATE, bounced_sessions, sessions, bounced_sessions,
  "One page only", "Sessions with one page view and nothing else, of all sessions.",
  "直帰率", "全セッションのうち、1 ページだけを見て終わった割合です。")
FIGURE(views_per_session, PER, views, sessions, views,
  "Views per session", "Page views for each session.",
  "セッションあたりの閲覧", "1 セッションあたりのページビューです。")
FIGURE(visible_ms, TIME, visible_ms, visible_ms, visible_ms,
  "Visible time", "How long pages were really in sight, the last page of a visit included. Hidden tabs do not count.",
  "閲覧時間", "ページが実際に見えていた時間の合計です。訪問の最後のページも含み、隠れたタブの時間は含みません。")
FIGURE(mean_time, MEAN, visible_ms, views, visible_ms,
  "Time per view", "Visible time for each page view.",
  "平均閲覧時間", "1 ページビューあたりの閲覧時間です。")
FIGURE(entries, COUNT, entries, entries, entries,
  "Entries", "Sessions that began on this page.",
  "入口", "このページから始まったセッションの数です。")
FIGURE(exits, COUNT, exits, exits, exits,
  "Exits", "Sessions that ended on this page.",
  "出口", "このページで終わったセッションの数です。")
FIGURE(downloads, COUNT, downloads, downloads, downloads,
  "Downloads", "Files that were fetched from the site's pages.",
  "ダウンロード", "サイトのページからファイルが取得された回数です。")
FIGURE(searches, COUNT, searches, searches, searches,
  "Searches", "Uses of the site's own search.",
  "サイト内検索", "サイト内検索が使われた回数です。")
FIGURE(events, COUNT, events, events, events,
  "Events", "Things that the site itself named and reported.",
  "イベント", "サイトが独自に名前を付けて通知した操作の回数です。")
FIGURE(submits, COUNT, submits, submits, submits,
  "Forms sent", "Forms that were taken.",
  "フォーム送信", "受け付けたフォームの件数です。")
FIGURE(submitters, COUNT, submitters, submitters, submitters,
  "People who sent one", "Different people (or browsers) with at least one form that was taken.",
  "送信者", "フォームを一度以上送信した人（またはブラウザー）の数です。")
FIGURE(submit_errors, COUNT, submit_errors, submit_errors, submit_errors,
  "Refused", "Forms that were not taken: something required was missing, or a trap for machines was touched.",
  "送信エラー", "必須項目の不足や、機械を見分ける仕掛けへの反応により受け付けなかった件数です。")
FIGURE(logins, COUNT, logins, logins, logins,
  "Logins", "Logins that the site's own server reported.",
  "ログイン", "サイトのサーバーから通知されたログインの回数です。")
FIGURE(purchases, COUNT, purchases, purchases, purchases,
  "Purchases", "Purchases that the site's own server reported.",
  "購入", "サイトのサーバーから通知された購入の件数です。")
FIGURE(conversions, COUNT, conversions, conversions, conversions,
  "Conversions", "Forms sent and purchases by people. A campaign, mailing, link or source has those of who came by it last, at most 30 days before.",
  "コンバージョン", "人によるフォーム送信と購入の件数です。30 日以内に最後に経由したキャンペーン・配信・リンク・流入元に数えます。")
FIGURE(conversion_rate, RATE, conversions, sessions, conversions,
  "Conversion rate", "Conversions, of the sessions that began this way.",
  "コンバージョン率", "セッション数に対するコンバージョンの割合です。")
FIGURE(conflicts, COUNT, conflicts, conflicts, conflicts,
  "Forwarded links", "Clicks of a known browser on somebody else's link. They count for the link's campaign and change nobody's identity.",
  "転送されたリンク", "既知のブラウザーが他の人宛てのリンクを開いたクリックです。キャンペーンには数えますが、誰の履歴も変更しません。")
FIGURE(probes, COUNT, probes, probes, probes,
  "Probes", "Links that were looked at without being opened (HEAD, prefetch). Never clicks.",
  "事前確認", "開かずに確認だけされたリンクの数です（HEAD・先読み）。クリックには数えません。")
FIGURE(excluded, COUNT, excluded, excluded, excluded,
  "Left out", "Events of internal networks, staff and excluded pages. They are in this figure alone.",
  "集計対象外", "社内ネットワーク、スタッフ、除外ページのイベントです。この欄だけに数えます。")
/* clang-format on */
