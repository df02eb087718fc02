//! What every store has to do, one function a rule.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a rule that does not hold fails its test by a panic"
)]

pub mod accounts;
pub mod api_tokens;
pub mod batches;
pub mod check_ins;
pub mod documents;
pub mod events;
pub mod goals;
pub mod hierarchy;
pub mod limiter;
pub mod links;
pub mod once;
pub mod second_factors;

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Barrier;

/// How many callers run against each other in the races.
pub const CALLERS: usize = 32;

/// Runs `call` in [`CALLERS`] tasks that begin together, and gives back what they answered.
async fn race<T, F>(call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(CALLERS));
    let begin = |n| {
        let (start, call) = (Arc::clone(&start), call(n));
        tokio::spawn(async move {
            start.wait().await;
            call.await
        })
    };
    let tasks: Vec<_> = (0..CALLERS).map(begin).collect();
    let mut answers = Vec::with_capacity(CALLERS);
    for task in tasks {
        answers.push(task.await.expect("a caller panicked"));
    }
    answers
}

/// Makes one test of every rule of a store.
///
/// The first word says which rules: `goals` and `events` for a
/// [`GoalRepository`](crate::GoalRepository), or, for a store that is an
/// [`AccountStore`](crate::AccountStore) too, `accounts` for users and sessions, `api_tokens`,
/// `second_factors` and `links`; or `limiter` for a [`RateLimiter`](crate::RateLimiter). The second is an expression that gives a
/// future of a new, empty store in an `Arc`, and of anything that has to live as long as the test.
/// The crate that calls it needs tokio with its macros and the runtime of many threads.
///
/// ```
/// # mod hidden {
/// use std::sync::Arc;
///
/// use goals_core::MemoryStore;
///
/// async fn new_store() -> (Arc<MemoryStore>, ()) {
///     (Arc::new(MemoryStore::new()), ())
/// }
///
/// mod goals {
///     goals_core::conformance_suite!(goals, super::new_store());
/// }
/// mod accounts {
///     goals_core::conformance_suite!(accounts, super::new_store());
/// }
/// mod api_tokens {
///     goals_core::conformance_suite!(api_tokens, super::new_store());
/// }
/// mod links {
///     goals_core::conformance_suite!(links, super::new_store());
/// }
/// mod second_factors {
///     goals_core::conformance_suite!(second_factors, super::new_store());
/// }
/// # }
/// ```
#[macro_export]
macro_rules! conformance_suite {
    (goals, $new_store:expr) => {
        $crate::conformance_suite! { @each goals, $new_store,
            a_goal_comes_back_as_it_was_put_in
            another_owner_finds_nothing
            an_id_is_used_once
            an_update_replaces_its_version_only
            what_says_the_same_is_refused
            what_is_not_open_is_no_duplicate
            duplicates_may_be_allowed
            an_update_is_judged_when_asked
            the_limit_is_exact
            purging_makes_room
            the_trash_is_emptied_by_age
            lists_are_filtered
            lists_are_sorted_and_paged
            racing_creates_stop_at_the_limit
            racing_duplicates_leave_one
            racing_reopenings_leave_one
            racing_updates_leave_one
            racing_purges_count_once
            it_answers
        }
        $crate::conformance_suite! { @each once, $new_store,
            a_key_makes_one_goal
            a_key_is_one_owners
            a_refusal_leaves_the_key_free
            a_key_is_forgotten
            a_key_makes_one_child
            racing_tries_leave_one
        }
        $crate::conformance_suite! { @each documents, $new_store,
            a_document_comes_back_as_it_was_put
            a_document_is_one_owners
            racing_puts_leave_one
        }
        $crate::conformance_suite! { @each events, $new_store,
            every_write_leaves_one_event
            a_history_is_of_one_goal
            what_is_refused_leaves_none
            an_event_comes_back_as_it_was_put_in
            a_purge_leaves_itself_alone
            emptying_the_trash_leaves_an_event_each
            another_owner_sees_no_event
            racing_writers_leave_no_gap
        }
        $crate::conformance_suite! { @each check_ins, $new_store,
            an_entry_comes_back_as_it_was_put_in
            a_log_is_written_for_its_version_only
            a_log_is_of_its_goal_alone
            a_log_is_shown_in_pages
            a_log_goes_with_its_goal
            racing_check_ins_all_count
            racing_check_ins_stop_at_the_limit
            racing_retries_make_one
            racing_corrections_leave_what_the_log_says
        }
        $crate::conformance_suite! { @each hierarchy, $new_store,
            children_are_found
            open_titles_are_found
            a_parent_is_a_goal_of_the_owner
            trees_are_trees_and_not_too_high
            duplicates_stand_side_by_side
            nobody_stays_under_the_trash
            the_lowest_go_first
            racing_parents_make_no_circle
            racing_parents_leave_trees
            racing_children_do_not_follow_to_the_trash
            racing_children_are_no_duplicates
        }
        $crate::conformance_suite! { @each batches, $new_store,
            several_writes_are_one
            a_refused_write_undoes_the_others
            another_owner_is_not_touched
            a_tree_begins_at_its_top
            trees_go_to_the_trash_whole
            racing_hands_leave_a_sound_tree
        }
    };
    (accounts, $new_store:expr) => {
        $crate::conformance_suite! { @each accounts, $new_store,
            a_user_comes_back_as_they_were_put_in
            names_are_unique_but_for_case
            an_update_replaces_its_version_only
            names_can_be_changed
            a_new_password_ends_the_other_sessions
            a_hash_is_renewed_once
            deleting_leaves_nothing
            a_session_lives_until_it_expires
            an_id_is_used_once
            sessions_are_of_their_user_alone
            the_oldest_session_makes_room
            a_session_can_be_extended
            sessions_are_ended
            a_secret_is_spent_once
            a_lost_answer_can_be_asked_for_again
            a_stolen_secret_ends_the_session
            a_wrong_secret_changes_nothing
            rotation_stops_at_the_absolute_end
            racing_registrations_leave_one
            racing_rotations_renew_one
            racing_sign_ins_stop_at_the_limit
        }
    };
    (api_tokens, $new_store:expr) => {
        $crate::conformance_suite! { @each api_tokens, $new_store,
            a_token_lives_until_it_expires
            a_last_use_is_noted_now_and_then
            tokens_are_of_their_user_alone
            tokens_are_revoked
            tokens_stop_at_the_limit
            no_token_without_a_session
            racing_tokens_stop_at_the_limit
        }
    };
    (limiter, $new_store:expr) => {
        $crate::conformance_suite! { @each limiter, $new_store,
            a_bucket_empties_and_fills_up
            a_refusal_takes_nothing
            buckets_are_apart
            what_is_given_back_is_there_again
            nothing_is_more_than_full
            full_buckets_may_be_forgotten
            a_clock_that_is_late_takes_its_share
            racing_callers_take_what_there_is
            racing_callers_who_give_back_lose_nothing
        }
    };
    (links, $new_store:expr) => {
        $crate::conformance_suite! { @each links, $new_store,
            a_reset_is_good_once
            a_new_password_ends_the_links
            links_stop_at_the_limit
            an_address_is_verified
            an_address_that_is_taken_is_not_verified
            racing_resets_leave_one
            racing_requests_stop_at_the_limit
        }
    };
    (second_factors, $new_store:expr) => {
        $crate::conformance_suite! { @each second_factors, $new_store,
            a_secret_is_confirmed
            a_code_is_used_once
            a_second_factor_is_turned_off
            a_stale_profile_turns_nothing_off
            racing_codes_let_one_in
            racing_confirmations_leave_one
        }
    };
    (@each $suite:ident, $new_store:expr, $($rule:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $rule() {
            let (store, _guard) = $new_store.await;
            $crate::testing::suite::$suite::$rule(store).await;
        }
    )+};
}
