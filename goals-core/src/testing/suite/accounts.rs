//! The rules of a store that is a [`UserRepository`] and a [`SessionRepository`].

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{CALLERS, race};
use crate::duplicate::DuplicatePolicy;
use crate::ids::{OwnerId, SessionId};
use crate::password::PasswordHash;
use crate::session::{Session, SessionSecret};
use crate::store::{
    AccountStore, Credentials, DocumentKind, GoalRepository, Rotated, Rotation, SessionRepository, StoreError,
    UserRepository,
};
use crate::testing::{PutGoals as _, goal, now, receipt, session, user};
use crate::user::{LoginName, User};
use crate::value::FieldValue;

/// Everything that these rules need of a store.
pub trait Store: AccountStore + GoalRepository + 'static {}

impl<S: AccountStore + GoalRepository + 'static> Store for S {}

const MAX: u32 = 50;

pub(super) fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

/// The secrets of one family.
fn secret(number: u8) -> SessionSecret {
    SessionSecret::new([0xF; 32]).renewed([number; 32])
}

pub(super) fn after(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

pub(super) async fn put(store: &impl Store, user: &User) {
    UserRepository::insert(store, user, &hash("first")).await.expect("the user is taken in");
}

/// Puts a user and one session with the first secret.
pub(super) async fn signed_in(store: &impl Store) -> (User, Session) {
    let ana = user(1, "ana");
    put(store, &ana).await;
    let session = session(&ana, 1);
    assert!(begin(store, &session, 1).await);
    (ana, session)
}

async fn begin(store: &impl Store, session: &Session, secret_number: u8) -> bool {
    SessionRepository::insert(store, session, &secret(secret_number), &hash("first"), MAX).await.expect("an answer")
}

async fn known(store: &impl Store, user: &User) -> Option<Credentials> {
    UserRepository::find(store, user.id).await.expect("an answer")
}

async fn alive(store: &impl Store, session: &Session, at: DateTime<Utc>) -> Option<(User, Session)> {
    SessionRepository::find(store, session.user, session.id, at).await.expect("an answer")
}

async fn by_name(store: &impl Store, name: &str) -> Option<Credentials> {
    store.find_by_login(&LoginName::parse(name)).await.expect("an answer")
}

fn rotation(session: &Session, shown: u8, next: u8, at: DateTime<Utc>) -> Rotation {
    Rotation {
        user: session.user,
        session: session.id,
        shown: secret(shown),
        next: secret(next),
        now: at,
        idle: TimeDelta::days(2),
        absolute: TimeDelta::days(30),
        grace: TimeDelta::seconds(10),
    }
}

async fn rotate(store: &impl Store, session: &Session, shown: u8, next: u8, at: DateTime<Utc>) -> Rotated {
    store.rotate(&rotation(session, shown, next, at)).await.expect("an answer")
}

fn is_renewed(rotated: &Rotated) -> bool {
    matches!(rotated, Rotated::Renewed(..))
}

/// What is put in comes back, by id and by both names.
pub async fn a_user_comes_back_as_they_were_put_in(store: Arc<impl Store>) {
    let ana = User {
        username: "Ana.M-1".parse().expect("a name"),
        email: "Ana+x@Exämple.org".parse().expect("an address"),
        email_verified_at: Some(after(-1)),
        pending_email: Some("ana@neu.example.org".parse().expect("an address")),
        locale: "pt-BR".parse().expect("a locale"),
        version: 9,
        updated_at: now() + TimeDelta::microseconds(1),
        ..user(1, "ana")
    };
    assert_eq!(known(&*store, &ana).await, None);
    put(&*store, &ana).await;
    let expected = Some(Credentials { user: ana.clone(), hash: hash("first") });
    assert_eq!(known(&*store, &ana).await, expected);
    for name in ["Ana.M-1", "ana.m-1", "ana+x@exämple.ORG"] {
        assert_eq!(by_name(&*store, name).await, expected, "{name}");
    }
    for name in ["ana", "ana@example.org", "", "@", "u:ana.m-1"] {
        assert_eq!(by_name(&*store, name).await, None, "{name}");
    }
}

/// A name that differs in case alone is taken; the username is told first, and nothing is stored.
pub async fn names_are_unique_but_for_case(store: Arc<impl Store>) {
    put(&*store, &user(1, "ana")).await;
    let same_name = User { email: "other@example.org".parse().expect("an address"), ..user(2, "ANA") };
    let same_email = User { email: "ANA@example.org".parse().expect("an address"), ..user(3, "rui") };
    for (rival, is_username) in [(&same_name, true), (&same_email, false), (&user(4, "Ana"), true)] {
        match UserRepository::insert(&*store, rival, &hash("x")).await {
            Err(StoreError::UsernameTaken) => assert!(is_username),
            Err(StoreError::EmailTaken) => assert!(!is_username),
            other => panic!("{other:?}"),
        }
        assert_eq!(known(&*store, rival).await, None);
    }
    put(&*store, &User { email: "rui@example.org".parse().expect("an address"), ..user(5, "rui") }).await;
    put(&*store, &User { email: "other@example.org".parse().expect("an address"), ..user(6, "other") }).await;
}

/// An update of another version than the stored one, or of nobody, changes nothing.
pub async fn an_update_replaces_its_version_only(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    let next = User { locale: "pt-BR".parse().expect("a locale"), version: 2, ..ana.clone() };
    assert!(!UserRepository::update(&*store, &next, 1).await.expect("an answer"));
    put(&*store, &ana).await;
    assert!(UserRepository::update(&*store, &next, 1).await.expect("an answer"));
    assert!(!UserRepository::update(&*store, &ana, 1).await.expect("an answer"));
    assert_eq!(known(&*store, &ana).await.map(|known| known.user), Some(next));
}

/// A changed name is free for others, the new one is not, and one may change the case of one's own.
pub async fn names_can_be_changed(store: Arc<impl Store>) {
    let (ana, rui) = (user(1, "ana"), user(2, "rui"));
    put(&*store, &ana).await;
    put(&*store, &rui).await;
    let renamed = |version, name: &str, email: &str| User {
        username: name.parse().expect("a name"),
        email: email.parse().expect("an address"),
        version,
        ..ana.clone()
    };
    let taken = UserRepository::update(&*store, &renamed(2, "RUI", "ana@example.org"), 1).await;
    assert!(matches!(taken, Err(StoreError::UsernameTaken)), "{taken:?}");
    let taken = UserRepository::update(&*store, &renamed(2, "ana", "RUI@example.org"), 1).await;
    assert!(matches!(taken, Err(StoreError::EmailTaken)), "{taken:?}");
    assert!(UserRepository::update(&*store, &renamed(2, "ANA", "ANA@example.org"), 1).await.expect("her own"));
    assert!(UserRepository::update(&*store, &renamed(3, "anita", "anita@example.org"), 2).await.expect("free"));
    assert_eq!(by_name(&*store, "ana").await, None);
    assert_eq!(by_name(&*store, "anita@example.org").await.map(|known| known.user.id), Some(ana.id));
    put(&*store, &user(3, "ana")).await;
}

/// Replacing the hash ends every session but one, and happens only while the old hash is in force.
pub async fn a_new_password_ends_the_other_sessions(store: Arc<impl Store>) {
    let (ana, here) = signed_in(&*store).await;
    let there = session(&ana, 2);
    assert!(begin(&*store, &there, 2).await);
    let change = |old: &'static str, new: &'static str| {
        let store = Arc::clone(&store);
        async move { store.change_password(ana.id, &hash(old), &hash(new), here.id).await.expect("an answer") }
    };
    assert!(!change("other", "second").await);
    assert!(alive(&*store, &there, now()).await.is_some(), "nothing has happened");
    assert!(change("first", "second").await);
    assert!(alive(&*store, &there, now()).await.is_none());
    let list = SessionRepository::list(&*store, there.user, now()).await.expect("a list");
    assert_eq!(
        list.iter().map(|session| session.id).collect::<Vec<_>>(),
        [SessionId::from_uuid(uuid::Uuid::from_u128(1))]
    );
    assert!(!change("first", "third").await);
    assert!(!begin(&*store, &there, 3).await, "the old password does not get in behind the new one");
    assert_eq!(by_name(&*store, "ana").await.map(|known| known.hash), Some(hash("second")));
}

/// A hash is renewed while it is in force, and sessions live on.
pub async fn a_hash_is_renewed_once(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    for (old, new) in [("first", "second"), ("first", "third")] {
        store.rehash(ana.id, &hash(old), &hash(new)).await.expect("an answer");
    }
    assert_eq!(known(&*store, &ana).await.map(|known| known.hash), Some(hash("second")));
    assert!(alive(&*store, &session, now()).await.is_some());
}

/// With the user go names, sessions and goals; others keep theirs.
pub async fn deleting_leaves_nothing(store: Arc<impl Store>) {
    let (ana, hers) = signed_in(&*store).await;
    let rui = user(2, "rui");
    put(&*store, &rui).await;
    let his = session(&rui, 2);
    assert!(begin(&*store, &his, 2).await);
    for owner in [OwnerId::from(ana.id), OwnerId::from(rui.id)] {
        let read = goal(owner, 1, "Read");
        let once = store.put_once(&read, DuplicatePolicy::Refuse, 9, &receipt("key", 1)).await;
        assert_eq!(once.expect("taken in"), None);
        assert!(store.put_document(owner, DocumentKind::Views, &FieldValue::Null, 0).await.expect("an answer"));
    }
    assert!(!UserRepository::delete(&*store, ana.id, &hash("other")).await.expect("an answer"));
    assert!(alive(&*store, &hers, now()).await.is_some(), "nothing has happened");
    assert!(UserRepository::delete(&*store, ana.id, &hash("first")).await.expect("an answer"));
    assert!(!UserRepository::delete(&*store, ana.id, &hash("first")).await.expect("an answer"));
    assert_eq!(known(&*store, &ana).await, None);
    assert_eq!(by_name(&*store, "ana").await, None);
    assert!(alive(&*store, &hers, now()).await.is_none());
    assert!(!is_renewed(&rotate(&*store, &hers, 1, 9, after(60)).await));
    assert!(!begin(&*store, &session(&ana, 3), 3).await, "nobody signs in as someone who has left");
    assert_eq!(store.count(ana.id.into()).await.expect("a count"), 0);
    assert_eq!(store.count(rui.id.into()).await.expect("a count"), 1);
    for (user, events) in [(&ana, 0), (&rui, 1)] {
        assert_eq!(store.changes(user.id.into(), 0, 9).await.expect("a log").events.len(), events, "{}", user.username);
        let document = store.document(user.id.into(), DocumentKind::Views).await.expect("an answer");
        assert_eq!(document.is_some(), events > 0, "{}", user.username);
    }
    let later = now() + TimeDelta::days(9);
    assert_eq!(store.forget_receipts(later, 9).await.expect("an answer"), 1, "his alone");
    assert!(alive(&*store, &his, now()).await.is_some());
    put(&*store, &user(4, "ana")).await;
}

/// A session is found with its user until the moment it expires.
pub async fn a_session_lives_until_it_expires(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let last = session.expires_at - TimeDelta::microseconds(1);
    assert_eq!(alive(&*store, &session, last).await, Some((ana.clone(), session.clone())));
    assert_eq!(alive(&*store, &session, session.expires_at).await, None);
    assert_eq!(SessionRepository::list(&*store, ana.id, last).await.expect("a list"), std::slice::from_ref(&session));
    assert!(SessionRepository::list(&*store, ana.id, session.expires_at).await.expect("a list").is_empty());
    assert_eq!(rotate(&*store, &session, 1, 2, session.expires_at).await, Rotated::Unknown);
}

/// A second session under an id is refused, and the first one lives on.
pub async fn an_id_is_used_once(store: Arc<impl Store>) {
    let (ana, first) = signed_in(&*store).await;
    let again = SessionRepository::insert(&*store, &session(&ana, 1), &secret(2), &hash("first"), MAX).await;
    assert!(matches!(again, Err(StoreError::IdTaken)), "{again:?}");
    assert!(is_renewed(&rotate(&*store, &first, 1, 3, after(60)).await));
}

/// Nothing that is asked for one user shows or touches another's session.
pub async fn sessions_are_of_their_user_alone(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let rui = user(2, "rui");
    put(&*store, &rui).await;
    let foreign = Session { user: rui.id, ..session.clone() };
    assert_eq!(alive(&*store, &foreign, now()).await, None);
    assert_eq!(rotate(&*store, &foreign, 1, 2, after(1)).await, Rotated::Unknown);
    assert!(!store.extend(rui.id, session.id, after(1), after(9)).await.expect("an answer"));
    assert!(!store.end(rui.id, session.id).await.expect("an answer"));
    assert_eq!(store.end_all(rui.id).await.expect("an answer"), 0);
    assert_eq!(alive(&*store, &session, now()).await, Some((ana, session)));
}

/// At the limit those that expired make room first, then those renewed longest ago.
pub async fn the_oldest_session_makes_room(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    put(&*store, &ana).await;
    let begun = |number: u8, used: i64, expires: i64| Session {
        created_at: after(0),
        last_used_at: after(used),
        expires_at: after(expires),
        ..session(&ana, number.into())
    };
    let numbers = async || {
        let list = SessionRepository::list(&*store, ana.id, after(50)).await.expect("a list");
        list.iter().map(|session| session.id.as_uuid().as_u128()).collect::<Vec<_>>()
    };
    let add = async |session: Session| {
        assert!(SessionRepository::insert(&*store, &session, &secret(1), &hash("first"), 3).await.expect("an answer"));
    };
    for (number, used, expires) in [(1, 30, 900), (2, 40, 60), (3, 20, 900)] {
        add(begun(number, used, expires)).await;
    }
    assert_eq!(numbers().await, [2, 1, 3], "the last used first");
    add(Session { created_at: after(100), ..begun(4, 100, 900) }).await;
    assert_eq!(numbers().await, [4, 1, 3], "the expired one made room");
    add(Session { created_at: after(110), ..begun(5, 110, 900) }).await;
    assert_eq!(numbers().await, [5, 4, 1], "the one renewed longest ago made room");
}

/// Extending moves the last use and the end.
pub async fn a_session_can_be_extended(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    assert!(store.extend(ana.id, session.id, after(5), after(500_000)).await.expect("an answer"));
    let longer = Session { last_used_at: after(5), expires_at: after(500_000), ..session };
    assert_eq!(alive(&*store, &longer, after(400_000)).await, Some((ana, longer)));
}

/// Ended sessions are over at once, one or all.
pub async fn sessions_are_ended(store: Arc<impl Store>) {
    let (ana, first) = signed_in(&*store).await;
    let (second, third) = (session(&ana, 2), session(&ana, 3));
    assert!(begin(&*store, &second, 2).await && begin(&*store, &third, 3).await);
    assert!(store.end(ana.id, second.id).await.expect("an answer"));
    assert!(!store.end(ana.id, second.id).await.expect("an answer"));
    assert!(alive(&*store, &second, now()).await.is_none());
    assert!(!store.extend(ana.id, second.id, now(), after(9)).await.expect("an answer"), "it does not come back");
    assert_eq!(store.end_all(ana.id).await.expect("a count"), 2);
    assert!(alive(&*store, &first, now()).await.is_none());
    assert_eq!(rotate(&*store, &third, 3, 4, after(1)).await, Rotated::Unknown);
}

/// The current secret renews the session; the one after it is current then.
pub async fn a_secret_is_spent_once(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let at = after(3_600);
    let renewed = Session { last_used_at: at, expires_at: at + TimeDelta::days(2), ..session.clone() };
    assert_eq!(rotate(&*store, &session, 1, 2, at).await, Rotated::Renewed(ana.clone(), renewed.clone()));
    assert_eq!(alive(&*store, &session, at).await, Some((ana, renewed)));
    assert_eq!(rotate(&*store, &session, 1, 3, at + TimeDelta::milliseconds(900)).await, Rotated::InProgress);
    assert!(is_renewed(&rotate(&*store, &session, 2, 4, after(7_200)).await));
    assert!(is_renewed(&rotate(&*store, &session, 4, 5, after(7_200)).await));
}

/// Within the grace a spent secret renews again, as often as answers are lost.
pub async fn a_lost_answer_can_be_asked_for_again(store: Arc<impl Store>) {
    let (_, session) = signed_in(&*store).await;
    assert!(is_renewed(&rotate(&*store, &session, 1, 2, after(60)).await));
    assert!(is_renewed(&rotate(&*store, &session, 1, 3, after(62)).await));
    assert!(is_renewed(&rotate(&*store, &session, 1, 4, after(63)).await));
    assert!(is_renewed(&rotate(&*store, &session, 4, 5, after(90)).await));
    assert!(is_renewed(&rotate(&*store, &session, 5, 6, after(91)).await));
}

/// A secret that was spent before, however long ago, ends the session; so does one whose answer
/// was said to be lost.
pub async fn a_stolen_secret_ends_the_session(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    put(&*store, &ana).await;
    // Who shows what and when, the last of which is one too many.
    let thefts: [&[(u8, i64)]; 4] = [
        &[(1, 60), (1, 70)],
        &[(1, 60), (1, 69), (1, 70)],
        &[(1, 60), (1, 62), (11, 63)],
        &[(1, 60), (11, 100), (12, 200), (1, 300)],
    ];
    for (number, theft) in thefts.iter().enumerate() {
        let session = session(&ana, number as u128);
        assert!(begin(&*store, &session, 1).await);
        let (last, before) = theft.split_last().expect("shown at least once");
        for (n, (shown, at)) in (11..).zip(before.iter()) {
            assert!(is_renewed(&rotate(&*store, &session, *shown, n, after(*at)).await), "{theft:?} at {at}");
        }
        assert_eq!(rotate(&*store, &session, last.0, 99, after(last.1)).await, Rotated::Reused, "{theft:?}");
        assert!(alive(&*store, &session, after(last.1)).await.is_none());
        assert_eq!(rotate(&*store, &session, 12, 99, after(last.1)).await, Rotated::Unknown);
    }
}

/// Whoever knows the number of a session and not its secret can do it no harm.
pub async fn a_wrong_secret_changes_nothing(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    let guess = async |at| {
        let guess = Rotation { shown: SessionSecret::new([9; 32]), ..rotation(&session, 9, 9, at) };
        store.rotate(&guess).await.expect("an answer")
    };
    assert_eq!(guess(after(60)).await, Rotated::Unknown);
    assert_eq!(alive(&*store, &session, after(60)).await, Some((ana, session.clone())));
    assert!(is_renewed(&rotate(&*store, &session, 1, 2, after(61)).await));
    assert_eq!(guess(after(600)).await, Rotated::Unknown);
    assert!(is_renewed(&rotate(&*store, &session, 2, 3, after(601)).await));
}

/// However often it is renewed, a session ends.
pub async fn rotation_stops_at_the_absolute_end(store: Arc<impl Store>) {
    let (ana, session) = signed_in(&*store).await;
    assert!(store.extend(ana.id, session.id, now(), after(40 * 86_400)).await.expect("an answer"));
    let rotated = rotate(&*store, &session, 1, 2, after(29 * 86_400)).await;
    let Rotated::Renewed(_, renewed) = rotated else { panic!("{rotated:?}") };
    assert_eq!(renewed.expires_at, session.created_at + TimeDelta::days(30));
}

/// Of many people who want one name at once exactly one gets it.
pub async fn racing_registrations_leave_one(store: Arc<impl Store>) {
    let answers = race(|n| {
        let (store, rival) = (Arc::clone(&store), user(n as u128 + 1, if n % 2 == 0 { "ana" } else { "ANA" }));
        async move { UserRepository::insert(&*store, &rival, &hash("x")).await }
    })
    .await;
    let refused = |a: &&Result<(), _>| matches!(a, Err(StoreError::UsernameTaken | StoreError::EmailTaken));
    assert_eq!(answers.iter().filter(refused).count(), CALLERS - 1, "{answers:?}");
    assert!(by_name(&*store, "ana").await.is_some());
}

/// Of many who show one secret at once exactly one is renewed, and the session lives.
pub async fn racing_rotations_renew_one(store: Arc<impl Store>) {
    let (_, session) = signed_in(&*store).await;
    let answers = race(|n| {
        let next = u8::try_from(n + 10).unwrap_or(u8::MAX);
        let (store, rotation) = (Arc::clone(&store), rotation(&session, 1, next, after(60)));
        async move { store.rotate(&rotation).await.expect("an answer") }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| is_renewed(answer)).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Rotated::InProgress).count(), CALLERS - 1);
    assert!(alive(&*store, &session, after(60)).await.is_some());
}

/// Of many sign-ins at once no more live than the limit allows.
pub async fn racing_sign_ins_stop_at_the_limit(store: Arc<impl Store>) {
    let ana = user(1, "ana");
    put(&*store, &ana).await;
    let answers =
        race(|n| {
            let (store, session) = (Arc::clone(&store), session(&ana, n as u128 + 1));
            async move {
                SessionRepository::insert(&*store, &session, &secret(1), &hash("first"), 5).await.expect("an answer")
            }
        })
        .await;
    assert!(answers.into_iter().all(|is_begun| is_begun), "nobody is locked out");
    assert_eq!(SessionRepository::list(&*store, ana.id, now()).await.expect("a list").len(), 5);
}
