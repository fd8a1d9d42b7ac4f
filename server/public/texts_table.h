/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our pages say to visitors, in both languages: TEXT(id, English, Japanese). A word in braces
 * stands for a value that the page fills in; both languages name the same ones. No include guard:
 * include it with TEXT defined.
 */
/* clang-format off */
TEXT(language_name, "English", "日本語")
TEXT(language_other, "日本語", "English")

/* GET /privacy */
TEXT(privacy_title, "What is recorded here", "計測と情報の取り扱い")
TEXT(privacy_lead,
     "{host} measures how links in e-mails from {operator} and the pages of {sites} are used. This "
     "page is made from the settings that are in force. It says what is recorded, for whom and "
     "why, and it is where you decide about it.",
     "{host} は、{operator} がお送りするメールのリンクと、{sites} のページがどのように利用されて"
     "いるかを計測しています。このページは現在有効な設定から作成されており、何を、誰が、何のために"
     "記録するのかをお知らせします。計測するかどうかも、ここでお選びいただけます。")
TEXT(done_choice, "Your choice is in force from now on.", "選択を反映しました。")
TEXT(done_signal,
     "Your browser itself says no, so nothing else can be chosen here.",
     "お使いのブラウザーが計測の拒否を通知しているため、ほかの選択は反映されません。")
TEXT(done_forget,
     "This browser is forgotten. Should you come back, you will be somebody new.",
     "このブラウザーの識別情報を消去しました。次にアクセスされたときは、新しい訪問者として扱います。")

TEXT(choice_title, "Your choice", "計測についての選択")
TEXT(choice_now, "In force for this browser: {state}.", "このブラウザーの現在の設定：{state}")
TEXT(reason_default,
     "You have not chosen yet; this holds until you do.",
     "まだ選択されていないため、初期設定が適用されています。")
TEXT(reason_country,
     "You have not chosen yet; until you do, this holds for the country of your network address.",
     "まだ選択されていないため、接続元の国・地域の初期設定が適用されています。")
TEXT(reason_cookie, "You have chosen this.", "ご自身で選択された設定です。")
TEXT(reason_gpc,
     "Your browser sends Global Privacy Control, which comes before any choice.",
     "お使いのブラウザーが Global Privacy Control を送信しており、それがどの選択よりも優先されます。")
TEXT(reason_dnt,
     "Your browser sends Do Not Track, which comes before any choice.",
     "お使いのブラウザーが Do Not Track を送信しており、それがどの選択よりも優先されます。")
TEXT(choice_legend, "What may be recorded of this browser?", "このブラウザーについて、何を記録してよいですか")
TEXT(state_pending, "Not decided", "未選択")
TEXT(state_denied, "Nothing of me", "記録しない")
TEXT(state_measure, "Count me, without knowing me", "個人を特定せずに計測する")
TEXT(state_identify, "Recognise me", "個人と結び付けて計測する")
TEXT(what_pending,
     "Takes an earlier choice back: the cookie is deleted, and what holds for everybody holds for "
     "this browser.",
     "以前の選択を取り消します。Cookie を削除し、初期設定に戻します。")
TEXT(what_denied,
     "Visits to pages are not recorded. A followed link is counted for its campaign and for "
     "nobody. A cookie keeps your answer; it holds no number that is yours.",
     "ページの閲覧は記録しません。メールのリンクが開かれたことは、どなたのものか分からない件数としてのみ"
     "数えます。この選択を覚えるための Cookie を保存しますが、識別番号は含みません。")
TEXT(what_measure,
     "Visits and followed links are recorded under a random number in a cookie, and not tied to "
     "your name or address.",
     "ページの閲覧とリンクのクリックを、Cookie に保存した無作為な番号で記録します。氏名やメールアドレスとは"
     "結び付けません。")
TEXT(what_identify,
     "The same, and a link from a mail that was sent to you, a form that you send, or your login, "
     "ties the number to you.",
     "上記に加えて、あなた宛てのメールのリンクを開いたとき、フォームを送信したとき、またはログインしたときに、"
     "その番号をあなた個人と結び付けます。")
TEXT(choice_save, "Save my choice", "選択を保存する")

TEXT(forget_title, "Forget this browser", "このブラウザーの識別情報を消去")
TEXT(forget_what,
     "Deletes the cookie and unties this browser from whoever it was known as; what it sent by "
     "forms is no longer shown here. What was counted stays counted, without you. Ask {operator} to have your data itself erased.",
     "Cookie を削除し、このブラウザーと個人との結び付きを解除します。送信されたフォームの内容も、ここには表示"
     "されなくなります。これまでの件数は、どなたのものか分からない"
     "形で残ります。記録された情報そのものの削除は、{operator} までお申し出ください。")
TEXT(forget_button, "Forget this browser", "識別情報を消去する")

TEXT(effect_title, "What each choice means", "選択ごとの取り扱い")
TEXT(effect_event, "What happens", "できごと")
TEXT(event_click, "A link in a mail is followed", "メールのリンクを開く")
TEXT(event_view, "A page is read or left", "ページを閲覧する・離れる")
TEXT(event_event, "A download, a search or an action on a page", "ダウンロード・サイト内検索・ページ上の操作")
TEXT(event_consent, "A choice is made here", "この選択を行う")
TEXT(event_submit, "A form is sent", "フォームを送信する")
TEXT(cell_nothing, "not recorded", "記録しない")
TEXT(cell_counted, "counted, for nobody", "件数のみ")
TEXT(cell_browser, "with the random number", "無作為な番号とともに")
TEXT(cell_person, "with you", "個人とともに")
TEXT(cell_bound, "with the random number, and you if known", "無作為な番号と、判明していれば個人とともに")
TEXT(held_note,
     "While nothing is decided, whose link was followed waits for {minutes} minutes in a cookie of "
     "this browser. It is read only if you agree in that time.",
     "未選択の間は、どなた宛てのリンクが開かれたかを、このブラウザーの Cookie に {minutes} 分間だけ保存します。"
     "その間に同意された場合にのみ読み取ります。")

TEXT(items_title, "What is sent and why", "送信される情報と利用目的")
TEXT(items_what, "Information", "送信される情報")
TEXT(items_why, "Why", "利用目的")
TEXT(item_link,
     "The link that was followed, with its mailing and campaign, and the time",
     "開かれたリンク、そのメールの配信とキャンペーン、日時")
TEXT(item_open,
     "That a mail was shown which holds a picture of {host}, and the time; with you only where your "
     "own choice about it allows that, or, if you have made none, what {operator} has set",
     "{host} の画像を含むメールが表示されたことと、その日時。個人と結び付けるのは、ご本人の選択、または選択が"
     "ない場合は {operator} の設定で認められているときのみ")
TEXT(why_link, "To see which mails and links are of use", "どのメールやリンクが役立っているかを知るため")
TEXT(item_page,
     "The address of the page, without the part behind the question mark, and the time; where you "
     "are recognised also that part, encrypted",
     "ページのアドレス（「?」以降を除く）、日時。個人と結び付けて計測する場合は、「?」以降も暗号化して保存")
TEXT(item_page_query,
     "The address of the page, and the time; of the part behind the question mark only {query}; "
     "where you are recognised also all of it, encrypted",
     "ページのアドレス、日時。「?」以降は {query} のみ。個人と結び付けて計測する場合は、「?」以降の全体も"
     "暗号化して保存")
TEXT(item_referrer, "The site that led there", "直前に閲覧していたサイト")
TEXT(why_page, "To see which pages are read, and how they are found",
     "どのページが、どこから見つけられて読まれているかを知るため")
TEXT(item_reading,
     "How long the page was visible, how far it was scrolled, and whether anything was typed or "
     "clicked (never what)",
     "ページが表示されていた時間、スクロールの深さ、操作の有無（入力の内容は含みません）")
TEXT(why_reading, "To see which pages hold their readers", "どのページがよく読まれているかを知るため")
TEXT(item_use,
     "Searches on the site, downloads, links to other sites, and actions that the site names",
     "サイト内検索の語句、ダウンロード、外部サイトへのリンク、サイトが定めた操作")
TEXT(why_use, "To see what is looked for and used", "何が探され、利用されているかを知るため")
TEXT(item_form, "What you enter in a form and send, encrypted", "フォームに入力して送信された内容（暗号化して保存）")
TEXT(why_form,
     "To answer you. With “{state}” the next form shows it to you again, in this browser only",
     "お問い合わせなどにお応えするため。「{state}」が有効な場合は、次のフォームで、このブラウザーにのみ再び"
     "表示します")
TEXT(item_browser,
     "What the browser tells of itself: its name and version, its languages, the kind of request",
     "ブラウザーの名称とバージョン、使用言語、リクエストの種類")
TEXT(item_ip_none,
     "The network address, for the time of the answer; it is not kept",
     "IP アドレス（応答の間だけ使用し、保存しません）")
TEXT(item_ip_truncated,
     "The network address, kept without its last part (/24, IPv6 /48)",
     "IP アドレス（末尾を取り除き、/24、IPv6 は /48 として保存）")
TEXT(item_ip_sealed,
     "The network address, kept without its last part; where you are recognised also whole, "
     "encrypted",
     "IP アドレス（末尾を取り除いて保存。個人と結び付けて計測する場合は、暗号化した完全なアドレスも保存）")
TEXT(why_browser, "To tell people from machines, and to keep abuse away",
     "人と機械によるアクセスを区別し、不正利用を防ぐため")
TEXT(item_cookie,
     "A random number, in the cookie {cookie}, kept by the browser for at most {days} days",
     "Cookie「{cookie}」に保存される無作為な番号（ブラウザーでの保存期間は最長 {days} 日）")
TEXT(why_cookie, "To know this browser again, and to remember your choice",
     "同じブラウザーであることの確認と、選択の記憶のため")
TEXT(item_person,
     "Only with “{state}”: who you are, from the link in a mail that was sent to you, from a form "
     "that you sent, or from your login",
     "「{state}」を選択した場合のみ：あなた宛てのメールのリンク、送信されたフォーム、またはログインによって"
     "分かる、あなたがどなたか")
TEXT(why_person, "So that {operator} can answer to what interests you, and fill in forms for you",
     "{operator} が、ご関心に応じたご案内をし、フォームの入力をお手伝いするため")
TEXT(handover_note,
     "Only with “{state}”, chosen or in force here and there: where a page of {sites} leads you to "
     "another site of {operator}, under another domain, your browser may carry a number along that "
     "works once, so that you are recognised there, too.",
     "「{state}」がこちらと移動先の両方で有効な場合のみ：{sites} のページから {operator} の別ドメインの"
     "サイトへ移動するとき、移動先でもあなたであることが分かるように、一度だけ有効な番号をブラウザーが"
     "受け渡すことがあります。")

TEXT(who_title, "For whom", "送信先")
TEXT(who_operator, "All of it is sent to {host}, which {operator} is answerable for.",
     "すべての情報は、{operator} が責任を負う {host} に送信されます。")
TEXT(who_recipients, "{operator} hands it on to:", "{operator} は、次の提供先に情報を提供します。")
TEXT(who_contact, "Questions, and requests for access, correction or erasure:",
     "お問い合わせ、開示・訂正・削除のご請求：")
TEXT(who_policy, "Privacy policy", "プライバシーポリシー")

TEXT(time_title, "For how long", "保存期間")
TEXT(time_records, "What was recorded is removed after {days} days.",
     "記録は {days} 日後に削除します。")
TEXT(time_anonymous, "Where no person is known, after {days} days already.",
     "個人と結び付いていない記録は {days} 日後に削除します。")

TEXT(signal_title, "Signals of your browser", "ブラウザーからの通知")
TEXT(signal_gpc, "Global Privacy Control is taken as “{state}”.",
     "Global Privacy Control は「{state}」として扱います。")
TEXT(signal_dnt, "Do Not Track is taken as “{state}”.", "Do Not Track は「{state}」として扱います。")
TEXT(privacy_foot,
     "This page needs no script, and looking at it records and changes nothing.",
     "このページはスクリプトを使用せず、表示しても何も記録・変更しません。")

/* Answers to POST /consent and POST /privacy/forget that did not work */
TEXT(refused_title, "That did not work", "処理できませんでした")
TEXT(refused_origin,
     "The request did not come from this page. Please open it again and choose there.",
     "このページ以外からの送信でした。お手数ですが、ページを開き直して選択してください。")
TEXT(refused_state,
     "The choice was none of those that there are. Please choose again.",
     "選択内容を確認できませんでした。もう一度お選びください。")
TEXT(refused_busy,
     "It cannot be done right now, and nothing was changed. Please try again in a moment.",
     "現在処理できないため、何も変更していません。しばらくしてからもう一度お試しください。")
TEXT(refused_back, "Back to the choice", "選択に戻る")

/* GET /v/<token>, and the mail that leads there */
TEXT(confirm_title, "Confirm your e-mail address", "メールアドレスの確認")
TEXT(confirm_lead,
     "You sent a form from this browser. Please confirm that the e-mail address is yours.",
     "このブラウザーからフォームが送信されました。入力されたメールアドレスがご自身のものであることをご確認ください。")
TEXT(confirm_button, "Yes, it is mine", "確認する")
TEXT(confirm_done, "Thank you. Your e-mail address is confirmed.", "メールアドレスの確認が完了しました。ありがとうございます。")
TEXT(confirm_elsewhere,
     "This link works in the browser that the form was sent from, and nowhere else. Please open it "
     "there.",
     "このリンクは、フォームを送信したブラウザーでのみ有効です。そのブラウザーで開き直してください。")
TEXT(confirm_expired,
     "The time of this link is over. Please send the form again.",
     "このリンクの有効期限が切れています。お手数ですが、フォームをもう一度送信してください。")
TEXT(mail_confirm_subject, "Please confirm your e-mail address", "メールアドレスのご確認のお願い")
TEXT(mail_confirm_body,
     "Somebody has sent the form “{title}” at {host} with this e-mail address.\n"
     "If it was you, please open this link in the same browser within {days} days:\n\n"
     "{link}\n\n"
     "If it was not you, you need not do anything.\n",
     "{host} のフォーム「{title}」が、このメールアドレスで送信されました。\n"
     "お心当たりのある方は、{days} 日以内に、送信したときと同じブラウザーで次のリンクを開いてください。\n\n"
     "{link}\n\n"
     "お心当たりのない場合は、何もしていただく必要はありません。\n")

/* GET /s/<token> */
TEXT(subscription_title, "Your e-mail subscription", "メール配信の設定")
TEXT(subscription_address, "E-mail address:", "メールアドレス：")
TEXT(subscription_list, "List:", "配信リスト：")
TEXT(subscription_gets,
     "{operator} sends mails of this list to this address.",
     "{operator} は、このメールアドレスに、このリストのメールを配信しています。")
TEXT(subscription_gets_all,
     "{operator} sends mails to this address.",
     "{operator} は、このメールアドレスにメールを配信しています。")
TEXT(subscription_left,
     "You have left this list. No more mails of it are sent to this address.",
     "このリストの配信を停止しました。今後、このメールアドレスには配信しません。")
TEXT(subscription_left_all,
     "You get no more mails of any list from {operator}. Only what you cause yourself is still sent, "
     "such as the confirmation of an order.",
     "{operator} からの配信メールをすべて停止しました。ご注文の確認など、お手続きに必要なメールのみ"
     "お送りします。")
TEXT(subscription_erased,
     "Nothing is kept about this address any more, so no mails are sent to it.",
     "このメールアドレスの情報は削除されているため、配信は行われません。")
TEXT(subscription_can_undo,
     "If that was a mistake, you can undo it for {minutes} min.",
     "誤って停止された場合は、あと {minutes} 分間、取り消すことができます。")
TEXT(subscription_sign_up,
     "Should you want mails again later, please sign up again.",
     "配信の再開をご希望の場合は、お手数ですが、改めてお申し込みください。")
TEXT(subscription_leave, "Leave this list", "このリストの配信を停止する")
TEXT(subscription_leave_all, "Leave all lists", "すべての配信を停止する")
TEXT(subscription_undo, "Undo", "停止を取り消す")
TEXT(subscription_foot,
     "Looking at this page changes nothing; only its buttons do.",
     "このページを表示しただけでは、何も変更されません。ボタンを押したときにのみ変更されます。")

/* GET /staff/<token> */
TEXT(staff_title, "Leave this browser out", "このブラウザーを計測から除外する")
TEXT(staff_lead,
     "This page is for people who work for the site. Visits by a browser that is left out here are "
     "kept by {host} with that remark and not counted. A cookie remembers it; it names nobody.",
     "サイトの運営に携わる方のためのページです。ここで除外したブラウザーからのアクセスは、{host} に"
     "除外の印を付けて記録されますが、集計には含まれません。そのための Cookie を保存しますが、個人を"
     "示す情報は含みません。")
TEXT(staff_is_counted, "This browser is counted.", "このブラウザーは集計の対象です。")
TEXT(staff_is_left_out, "This browser is left out.", "このブラウザーは集計から除外されています。")
TEXT(staff_leave_out, "Leave this browser out", "このブラウザーを除外する")
TEXT(staff_count, "Count this browser again", "除外を取り消す")
TEXT(staff_expired,
     "The time of this link is over. Please ask for a new one.",
     "このリンクの有効期限が切れています。新しいリンクを管理者にお求めください。")

/* GET /f/<form> */
TEXT(form_required, "required", "必須")
TEXT(form_optional, "optional", "任意")
TEXT(form_choose, "Please choose", "選択してください")
TEXT(form_send, "Send", "送信する")
TEXT(form_known,
     "We have filled in what we could. Please check it before you send it.",
     "入力欄の一部をあらかじめ入力しています。内容をご確認のうえ送信してください。")
TEXT(form_not_you, "Not you? Empty the form", "別の方はこちら（入力欄を空にする）")
TEXT(form_privacy, "What is recorded here, and your choice about it", "計測と情報の取り扱いについて")
TEXT(form_leave_empty, "Please leave this field empty", "この欄には入力しないでください")
TEXT(form_forgotten,
     "The form is empty again, and this browser is forgotten.",
     "入力欄を空にし、このブラウザーの識別情報を消去しました。")
TEXT(form_sent_title, "Thank you", "送信が完了しました")
TEXT(form_sent, "What you sent has arrived.", "お送りいただいた内容を受け付けました。ありがとうございます。")
TEXT(form_confirm,
     "We have sent you an e-mail. Please open the link in it with this browser to confirm your "
     "address.",
     "確認のメールをお送りしました。メールに記載されたリンクをこのブラウザーで開き、メールアドレスの確認を"
     "完了してください。")
TEXT(form_again, "Back to the form", "フォームに戻る")
TEXT(form_unknown_title, "Form not found", "フォームが見つかりません")
TEXT(form_unknown,
     "There is no form at this address. Please go back to the page that led you here.",
     "このアドレスにフォームはありません。お手数ですが、元のページにお戻りください。")
TEXT(form_closed_title, "This form is closed", "このフォームは受付を終了しました")
TEXT(form_closed,
     "It takes nothing more. Please go back to the page that led you here.",
     "新しい送信は受け付けていません。お手数ですが、元のページにお戻りください。")
TEXT(form_trouble_title, "Please check what you entered", "入力内容をご確認ください")
TEXT(form_trouble, "Nothing was sent yet. Please correct this:", "まだ送信されていません。次の項目を修正してください。")
TEXT(form_trouble_again,
     "Nothing was sent yet. Please send it once more in a moment.",
     "まだ送信されていません。少し時間をおいて、もう一度送信してください。")
TEXT(form_error_word, "Error: {title}", "エラー：{title}")
TEXT(form_missing, "{label}: please fill this in.", "「{label}」を入力してください。")
TEXT(form_missing_choice, "{label}: please choose one.", "「{label}」を選択してください。")
TEXT(form_not_an_email,
     "{label}: please enter an e-mail address such as name@example.com.",
     "「{label}」は name@example.com のような形式で入力してください。")
TEXT(form_free_mail,
     "{label}: please enter the address that you use at work, not one of a free mail service.",
     "「{label}」には、フリーメールではなく、勤務先のメールアドレスを入力してください。")
TEXT(form_not_a_number, "{label}: please enter a number.", "「{label}」は数字で入力してください。")
TEXT(form_too_small, "{label}: please enter {limit} or more.", "「{label}」は {limit} 以上で入力してください。")
TEXT(form_too_large, "{label}: please enter {limit} or less.", "「{label}」は {limit} 以下で入力してください。")
TEXT(form_not_a_phone,
     "{label}: please enter a phone number; digits, spaces, hyphens and a leading + are fine.",
     "「{label}」は電話番号の形式で入力してください。数字、ハイフン、先頭の「+」が使えます。")
TEXT(form_not_a_choice, "{label}: please choose from what is offered.", "「{label}」は選択肢の中から選んでください。")
TEXT(form_too_long,
     "{label}: please shorten it to at most {limit} characters.",
     "「{label}」は {limit} 文字以内で入力してください。")
TEXT(form_no_mx,
     "{label}: the domain of this address takes no mail. Is it misspelt?",
     "「{label}」のドメインではメールを受信できません。入力に誤りがないかご確認ください。")
/* clang-format on */
