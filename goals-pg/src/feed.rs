//! Telling the other programs on a database what has been written here, and hearing what they have.
//!
//! A notice is sent after the commit, on a connection of its own, and not in the transaction that
//! it is about: the server lets one transaction with a notice commit at a time, whoever they are
//! of. So a notice may get lost, with its program for example; whoever waits for one has a
//! [`patience`](Listener::patience).

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

#[cfg(doc)]
use goals_core::Listener;
use goals_core::{BoxError, Notices, OwnerId};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_postgres::types::Type;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Notification};

use crate::error::without_rows;
use crate::schema::Schema;
use crate::sql::Param;
use crate::store::PgStore;

/// How long the server may take to answer, and a word to oneself to come back.
const ANSWER: Duration = Duration::from_secs(5);
/// How often it is tried whether a word to oneself comes back.
const PROBE_EVERY: Duration = Duration::from_secs(20);
/// How long to wait before a connection is made anew.
const AGAIN: Duration = Duration::from_secs(3);
/// What is said to oneself.
const PROBE: &str = "probe";

/// What is to be told, here and elsewhere.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    pub(crate) notices: Notices,
    /// Whom the others have not been told of; a set, so that it cannot get long.
    unsaid: Mutex<BTreeSet<OwnerId>>,
    /// Whether somebody takes from it.
    is_taken: AtomicBool,
    ready: Notify,
}

impl Feed {
    /// Tells that something of this owner's has been committed.
    pub(crate) fn tell(&self, owner: OwnerId) {
        self.notices.tell(owner);
        if self.is_taken.load(Ordering::Relaxed) {
            self.unsaid.lock().unwrap_or_else(PoisonError::into_inner).insert(owner);
            self.ready.notify_one();
        }
    }

    fn take(&self) -> Vec<String> {
        let unsaid = mem::take(&mut *self.unsaid.lock().unwrap_or_else(PoisonError::into_inner));
        unsaid.iter().map(ToString::to_string).collect()
    }
}

impl PgStore {
    /// Tells the other programs on this database what is written here, and those who wait here what
    /// is written there, on a connection of its own to `server`, until it is dropped. Where this
    /// does not run, or its connection is not one that hears notices (through a pooler in
    /// transaction mode, say), those who wait look every two seconds instead.
    ///
    /// It never ends by itself: when the connection breaks, it makes another one.
    pub async fn relay(&self, server: &Config) -> Infallible {
        loop {
            let ended = self.relay_once(server).await;
            self.feed.is_taken.store(false, Ordering::Relaxed);
            self.feed.notices.set_complete(false);
            if let Err(error) = ended {
                tracing::warn!(%error, "notices do not come through; trying again");
            }
            sleep(AGAIN).await;
        }
    }

    async fn relay_once(&self, server: &Config) -> Result<(), BoxError> {
        let (client, mut connection) = timeout(ANSWER, server.connect(NoTls)).await?.map_err(without_rows)?;
        let (own, heard) = (AtomicI32::new(0), Notify::new());
        let hear = poll_messages(&mut connection, |notice| {
            if notice.process_id() == own.load(Ordering::Relaxed) {
                if notice.payload() == PROBE {
                    heard.notify_one();
                }
            } else if let Ok(owner) = notice.payload().parse() {
                self.feed.notices.tell(owner);
            }
        });
        tokio::select! {
            ended = hear => ended,
            ended = self.talk(&client, &own, &heard) => ended,
        }
    }

    async fn talk(&self, client: &Client, own: &AtomicI32, heard: &Notify) -> Result<(), BoxError> {
        let channel = channel(&self.schema);
        let begun = async {
            let row = client.query_typed_one("SELECT pg_backend_pid()", &[]).await?;
            own.store(row.try_get(0)?, Ordering::Relaxed);
            client.batch_execute(&format!("LISTEN {channel}")).await
        };
        timeout(ANSWER, begun).await?.map_err(without_rows)?;
        loop {
            say(client, &channel, &[PROBE.to_owned()]).await?;
            timeout(ANSWER, heard.notified()).await.map_err(|_| "this connection hears no notices")?;
            if !self.feed.is_taken.swap(true, Ordering::Relaxed) {
                self.feed.notices.set_complete(true);
                // Nobody was told of what happened before.
                self.feed.notices.tell_all();
            }
            let mut probe = pin!(sleep(PROBE_EVERY));
            loop {
                tokio::select! {
                    () = &mut probe => break,
                    () = self.feed.ready.notified() => say(client, &channel, &self.feed.take()).await?,
                }
            }
        }
    }
}

async fn say(client: &Client, channel: &str, words: &[String]) -> Result<(), BoxError> {
    let params: [Param<'_>; 2] = [(&channel, Type::TEXT), (&words, Type::TEXT_ARRAY)];
    let said = client.query_typed("SELECT pg_notify($1, word) FROM unnest($2) word", &params);
    timeout(ANSWER, said).await?.map(drop).map_err(without_rows)
}

/// Moves the connection, and hands over what is heard on it, until it ends.
async fn poll_messages<S, T>(
    connection: &mut Connection<S, T>,
    mut heard: impl FnMut(&Notification),
) -> Result<(), BoxError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notification(notice) = message.map_err(without_rows)? {
            heard(&notice);
        }
    }
    Ok(())
}

/// A name of the schema's own that is no longer than a name may be.
fn channel(schema: &Schema) -> String {
    let digest = Sha256::digest(schema.as_str());
    digest[..8].iter().fold("goals_".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}
