//! What accounts withstand.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::instances::{Answer, Ask, Instances, PASSWORD, Tokens, all_at_once, log_in, refresh};

const ME: &str = "/api/v1/users/me";
const LATER: &str = "another-tr0ub4dour";

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_session_here_ends_it_there_at_once() {
    let instances = Instances::start().await;
    let keeper = instances.user("ana").await;
    let change = json!({ "current_password": PASSWORD, "new_password": LATER });
    // Which password is in force, what ends the session, and whether another session does it.
    let cases = [
        (PASSWORD, "DELETE", "/api/v1/sessions/current", None, false),
        (PASSWORD, "PUT", "/api/v1/users/me/password", Some(change), true),
        (LATER, "DELETE", "/api/v1/sessions", None, true),
        (LATER, "DELETE", ME, Some(json!({ "password": LATER })), false),
    ];
    for (password, method, path, body, is_by_another) in cases {
        let signed_in = log_in("ana", password).at(instances.there).await.is(201);
        let text = |name: &str| signed_in.json[name].as_str().unwrap().to_owned();
        let ended = Tokens { access: text("access_token"), refresh: text("refresh_token") };
        Ask::get(ME).by(&ended).at(instances.there).await.is(200);
        let ask = Ask::new(method, path).by(if is_by_another { &keeper } else { &ended });
        let ask = body.iter().fold(ask, Ask::json);
        ask.at(instances.here).await.is(204);
        Ask::get(ME).by(&ended).at(instances.there).await.refused(401, "unauthenticated");
        refresh(&ended.refresh).at(instances.there).await.refused(401, "unauthenticated");
    }
    assert_eq!(instances.count("SELECT count(*) FROM goals.users").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twelve_refreshes_at_once_one_succeeds() {
    let instances = Instances::start().await;
    let ana = instances.user("ana").await;
    let answers = all_at_once(&instances, 12, |_| refresh(&ana.refresh)).await;
    assert_eq!((count(&answers, 200), count(&answers, 409)), (1, 11), "{answers:?}");
    let next = answers.iter().find(|answer| answer.status == 200).unwrap();
    let next = next.json["refresh_token"].as_str().unwrap();
    Ask::get(ME).by(&ana).at(instances.there).await.is(200);
    instances.clock.advance(TimeDelta::seconds(5));
    refresh(&ana.refresh).at(instances.there).await.is(200);
    instances.clock.advance(TimeDelta::seconds(6));
    refresh(&ana.refresh).at(instances.here).await.refused(401, "unauthenticated");
    refresh(next).at(instances.there).await.refused(401, "unauthenticated");
    Ask::get(ME).by(&ana).at(instances.there).await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_instances_count_together() {
    let instances = Instances::start().await;
    instances.user("ana").await;
    let before = instances.hasher.calls();
    for n in 0..10 {
        log_in("ana", "wrong").at(instances.nth(n)).await.refused(401, "bad_credentials");
    }
    for (n, login) in ["ana", "ana@example.org", " ANA "].into_iter().enumerate() {
        let refused = log_in(login, PASSWORD).at(instances.nth(n)).await.refused(429, "throttled");
        assert_eq!(refused.header("retry-after"), "90");
    }
    assert_eq!(instances.hasher.calls(), before + 10, "who is throttled costs no hash");
    log_in("ana", PASSWORD).from("198.51.100.7").at(instances.there).await.is(201);
    instances.clock.advance(TimeDelta::seconds(90));
    log_in("ana", PASSWORD).at(instances.there).await.is(201);
    instances.clock.advance(TimeDelta::hours(2));
    instances.accounts.clean_up().await.unwrap();
    assert_eq!(instances.count("SELECT count(*) FROM goals.throttle").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_gets_no_more_guesses() {
    let instances = Instances::start().await;
    instances.user("ana").await;
    let before = instances.hasher.calls();
    let answers = all_at_once(&instances, 48, |_| log_in("ana", "wrong")).await;
    assert_eq!((count(&answers, 401), count(&answers, 429)), (10, 38));
    assert_eq!(instances.hasher.calls(), before + 10);
    let sprayed =
        all_at_once(&instances, 48, |n| log_in(&format!("nobody{}", n / 16), "wrong").from("203.0.113.5")).await;
    assert_eq!((count(&sprayed, 401), count(&sprayed, 429)), (30, 18), "unknown accounts count like known ones");
    for n in 0..20 {
        log_in("ana", PASSWORD).from("198.51.100.7").at(instances.nth(n)).await.is(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_wrong_look_the_same() {
    let instances = Instances::start().await;
    instances.user("ana").await;
    let mut seen = Vec::new();
    for login in ["ana", "nobody", "ana@example.org", "nobody@example.org", "", "\u{0}", &"x".repeat(9_000)] {
        let before = instances.hasher.calls();
        let mut answer = log_in(login, "wrong").at(instances.here).await.refused(401, "bad_credentials");
        assert_eq!(instances.hasher.calls(), before + 1, "{login:?}");
        answer.json["request_id"] = Value::Null;
        for varying in ["x-request-id", "date"] {
            answer.headers.remove(varying);
        }
        seen.push(answer);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_of_our_own_pages_and_its_tabs_do_not_race() {
    let instances = Instances::start().await;
    instances.user("ana").await;
    let body = json!({ "login": "ana", "password": PASSWORD, "cookie": true });
    let answer = Ask::new("POST", "/api/v1/sessions").json(&body).at(instances.here).await.is(201);
    let attributes = answer.header("set-cookie").split_once("; ").unwrap().1.to_owned();
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/; Max-Age=1209600; Secure");
    let cookie = answer.cookie();
    assert!(cookie.starts_with("__Host-goals=ey") && answer.json.get("access_token").is_none());
    let create = |n: u32| {
        let goal = json!({ "title": format!("Goal {n}") });
        Ask::new("POST", "/api/v1/goals").json(&goal).with("cookie", &cookie)
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("x", "y"),
    ] {
        create(1).with(name, value).at(instances.there).await.refused(403, "csrf_refused");
    }
    create(1).with("sec-fetch-site", "same-origin").at(instances.there).await.is(201);
    create(2).with("origin", "https://goals.example").at(instances.there).await.is(201);
    instances.clock.advance(TimeDelta::hours(2));
    let tabs = all_at_once(&instances, 12, |_| Ask::get(ME).with("cookie", &cookie)).await;
    assert_eq!(count(&tabs, 200), 12);
    let renewed: Vec<_> =
        tabs.iter().filter(|tab| tab.headers.contains_key("set-cookie")).map(Answer::cookie).collect();
    assert!(!renewed.is_empty());
    instances.clock.advance(TimeDelta::days(13));
    for cookie in renewed.iter().chain([&cookie]) {
        Ask::get(ME).with("cookie", cookie).at(instances.there).await.is(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_itself() {
    let instances = Instances::start().await;
    let mut ana = instances.user("ana").await;
    let idle = instances.sign_in("ana").await;
    instances.clock.advance(TimeDelta::seconds(906));
    Ask::get(ME).by(&ana).at(instances.here).await.refused(401, "unauthenticated");
    for day in 1..90 {
        instances.clock.advance(TimeDelta::days(1) - TimeDelta::seconds(i64::from(day == 1) * 906));
        let renewed = refresh(&ana.refresh).at(instances.nth(day)).await.is(200);
        ana.refresh = renewed.json["refresh_token"].as_str().unwrap().to_owned();
        if day == 14 {
            refresh(&idle.refresh).at(instances.here).await.refused(401, "unauthenticated");
        }
    }
    instances.clock.advance(TimeDelta::days(1));
    refresh(&ana.refresh).at(instances.here).await.refused(401, "unauthenticated");
}
