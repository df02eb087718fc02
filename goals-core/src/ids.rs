//! Identifiers: newtypes over UUIDs, and the port that makes them.
//!
//! New ids are UUIDv7 ([RFC 9562]): they sort by the time they were made, which keeps the indexes
//! of a database dense.
//!
//! [RFC 9562]: https://www.rfc-editor.org/rfc/rfc9562

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes any UUID as this id.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID behind this id.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Reads any of the usual ways to write a UUID.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    };
}

id!(
    /// Who a goal belongs to. Opaque: a host with its own users gives its own ids.
    ///
    /// ```
    /// use goals_core::OwnerId;
    /// use uuid::Uuid;
    ///
    /// // A host whose users are numbered maps each number to one id, always the same.
    /// const SHOP: Uuid = Uuid::from_u128(0x8b0c_6f9e_3d4f_4f0a_9a52_1f6a_7d1c_2e33);
    /// assert_eq!(OwnerId::from_name(SHOP, "42"), OwnerId::from_name(SHOP, "42"));
    /// assert_ne!(OwnerId::from_name(SHOP, "42"), OwnerId::from_name(SHOP, "43"));
    /// ```
    OwnerId
);
id!(
    /// A user with an account here.
    UserId
);
id!(
    /// A goal; unique together with its owner.
    GoalId
);
id!(
    /// An entry in the log of a goal; unique together with owner and goal.
    CheckInId
);
id!(
    /// One sign-in on one device.
    SessionId
);
id!(
    /// An API token; unique together with its user.
    ApiTokenId
);
id!(
    /// Something that happened.
    EventId
);
id!(
    /// A view; unique together with its owner.
    ViewId
);

impl OwnerId {
    /// The id of the owner whom the host calls `name`: a UUIDv5 in the host's own `namespace`.
    #[must_use]
    pub fn from_name(namespace: Uuid, name: &str) -> Self {
        Self(Uuid::new_v5(&namespace, name.as_bytes()))
    }
}

impl From<UserId> for OwnerId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

/// Where new ids and random secrets come from.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// A new id, never answered before, that sorts by `now`.
    fn id(&self, now: DateTime<Utc>) -> Uuid;

    /// 32 bytes that nobody can guess.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    fn secret(&self) -> Result<[u8; 32], SecretUnavailable>;
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct SecretUnavailable(#[source] getrandom::Error);

/// UUIDv7 and secrets from the random numbers of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn id(&self, now: DateTime<Utc>) -> Uuid {
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
    }

    fn secret(&self) -> Result<[u8; 32], SecretUnavailable> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(SecretUnavailable)?;
        Ok(bytes)
    }
}
