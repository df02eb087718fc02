//! The rules of a [`GoalRepository`] about documents.

use std::sync::Arc;

use super::goals::{ana, rui};
use super::race;
use crate::ids::OwnerId;
use crate::store::{Document, DocumentKind, GoalRepository};
use crate::value::FieldValue;

const KIND: DocumentKind = DocumentKind::Views;

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

async fn stored(store: &impl GoalRepository, owner: OwnerId) -> Option<Document> {
    store.document(owner, KIND).await.expect("an answer")
}

async fn put(store: &impl GoalRepository, owner: OwnerId, body: &FieldValue, expected: u64) -> bool {
    store.put_document(owner, KIND, body, expected).await.expect("an answer")
}

/// What is put comes back to the letter, under the next revision, and only on top of the present
/// one.
pub async fn a_document_comes_back_as_it_was_put<S: GoalRepository>(store: Arc<S>) {
    let number = FieldValue::Number("-0.000001".parse().expect("a number"));
    let nested = FieldValue::Object([("é\"\n".to_owned(), number), (String::new(), FieldValue::Boolean(true))].into());
    let bodies = [FieldValue::List(vec![FieldValue::Null, nested, text("")]), text("x"), FieldValue::Null];
    assert_eq!(stored(&*store, ana()).await, None);
    assert!(!put(&*store, ana(), &text("early"), 1).await, "there is nothing to be replaced");
    for (revision, body) in (1..).zip(bodies) {
        assert!(put(&*store, ana(), &body, revision - 1).await);
        for other in (0..revision).chain([revision + 1]) {
            assert!(!put(&*store, ana(), &text("late"), other).await, "{other}");
        }
        assert_eq!(stored(&*store, ana()).await, Some(Document { revision, body }));
    }
}

/// Nobody finds or replaces another owner's.
pub async fn a_document_is_one_owners<S: GoalRepository>(store: Arc<S>) {
    assert!(put(&*store, ana(), &text("hers"), 0).await);
    assert_eq!(stored(&*store, rui()).await, None);
    assert!(!put(&*store, rui(), &text("his"), 1).await);
    assert!(put(&*store, rui(), &text("his"), 0).await);
    assert_eq!(stored(&*store, ana()).await, Some(Document { revision: 1, body: text("hers") }));
}

/// Of callers who replace the same revision at the same time one does, the first revision too.
pub async fn racing_puts_leave_one<S: GoalRepository + 'static>(store: Arc<S>) {
    for expected in 0..3 {
        let try_put = |n: usize| {
            let store = Arc::clone(&store);
            async move { (put(&*store, ana(), &text(&n.to_string()), expected).await, n) }
        };
        let done: Vec<_> = race(try_put).await.into_iter().filter(|(done, _)| *done).collect();
        let [(_, winner)] = done[..] else { panic!("{} callers replaced one revision", done.len()) };
        let body = text(&winner.to_string());
        assert_eq!(stored(&*store, ana()).await, Some(Document { revision: expected + 1, body }));
    }
}
