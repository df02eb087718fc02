#![doc = include_str!("../README.md")]

mod accounts;
mod api_token;
#[cfg(feature = "argon2")]
mod argon2;
mod checkin;
mod clock;
mod deadline;
mod draft;
mod duplicate;
mod error;
mod event;
mod filter;
mod forecast;
mod goal;
mod goals;
#[cfg(any(doc, doctest))]
pub mod guide;
mod hierarchy;
mod idempotency;
mod ids;
#[cfg(feature = "jwt")]
mod jwt;
mod limiter;
mod limits;
mod mail;
mod measure;
#[cfg(feature = "memory")]
mod memory;
mod notice;
mod outlook;
mod pace;
mod password;
mod period;
mod progress;
mod proof;
mod quantity;
mod query;
mod recovery;
mod second_factor;
mod session;
mod similar;
mod standing;
mod status;
mod store;
mod streak;
#[cfg(feature = "test-support")]
pub mod testing;
mod text;
mod ticket;
mod time_zone;
mod timeline;
mod token;
#[cfg(feature = "two-factor")]
mod totp;
mod user;
mod value;
mod view;
mod violation;
mod words;

pub use accounts::{AccessToken, Accounts, Authenticated, Registration, SignIn};
pub use api_token::{
    API_TOKEN_DAYS_DEFAULT, API_TOKEN_DAYS_MAX, API_TOKEN_NAME_MAX, API_TOKEN_PREFIX, ApiToken, ApiTokenDraft,
    ApiTokenRepository, Scope, USE_NOTED_EVERY,
};
#[cfg(feature = "argon2")]
pub use argon2::{Argon2Hasher, Argon2Params};
pub use checkin::{CheckIn, CheckInCursor, CheckInDraft, CheckInPage, CheckInPatch, CheckInQuery, NOTE_MAX};
pub use clock::{Clock, SystemClock};
pub use deadline::{Deadline, YEARS, parse_day};
pub use draft::{Change, GoalDraft, GoalPatch};
pub use duplicate::{DuplicatePolicy, Fingerprint};
pub use error::{BoxError, Current, Error, ErrorKind, FieldError, FieldErrors, Param, Violation};
pub use event::{Actor, Changes, Event, EventKind, EventLog, FieldChange, NewEvent};
pub use forecast::{FORECAST_DAYS, FORECAST_MAX, FORECAST_POINTS_MIN, FORECAST_SPAN_MIN, Forecast, NoForecast};
pub use goal::{
    ATTRIBUTES_MAX, ATTRIBUTES_MAX_BYTES, AttributeValue, Attributes, Color, DESCRIPTION_MAX, Goal, ICON_MAX_BYTES,
    Priority, TAG_MAX, TAGS_MAX, TITLE_MAX, attribute_pointer,
};
pub use goals::{
    BULK_MAX, BulkError, Expected, Fate, Goals, IMPORT_MAX, ImportGoal, Imported, Operation, PAUSE_MAX, STATS_DAYS,
    Stats, TRIAL_MAX, Trial,
};
pub use hierarchy::{Ancestor, LEVELS_MAX};
pub use idempotency::{Answer, IDEMPOTENCY_KEPT, IDEMPOTENCY_KEY_MAX, IdempotencyKey, Once, Receipt};
pub use ids::{
    ApiTokenId, CheckInId, EventId, GoalId, IdSource, OwnerId, SecretUnavailable, SessionId, SystemIds, UserId, ViewId,
};
#[cfg(feature = "jwt")]
pub use jwt::{BadKey, JwtCodec, JwtKey};
pub use limiter::{Attempt, Bucket, ProcessLimiter, Quota, RateLimiter, Taken};
pub use limits::{LimitKind, Usage};
pub use mail::{Letter, Mailer};
pub use measure::{
    Bound, Fold, Habit, ITEM_ID_MAX, ITEM_MAX, ITEMS_MAX, Item, Measure, MeasureKind, MeasurePatch, Metric, Per,
    UNIT_MAX,
};
#[cfg(feature = "memory")]
pub use memory::MemoryStore;
pub use notice::{Listener, Notices};
pub use outlook::{Outlook, Repair};
pub use pace::{Health, Pace, Reason};
pub use password::{HashError, Password, PasswordHash, PasswordHasher, PasswordPolicy, Verdict};
pub use proof::RECENT_SIGN_IN;
pub use quantity::Quantity;
pub use query::{Cursor, GoalQuery, PAGE_DEFAULT, PAGE_MAX, Page, ParentFilter, Sort, SortKey, SortValue};
pub use recovery::{Link, LinkRepository, Purpose, RESET_LIFETIME, VERIFICATION_LIFETIME, reset_link};
pub use second_factor::{
    CodeError, Enrolment, NotARecoveryCode, OneTimeCodes, RECOVERY_CODES, RecoveryCode, SecondFactor,
    SecondFactorRepository, Spend,
};
pub use session::{CLIENT_MAX, Client, Lifetimes, NotARefreshToken, RefreshToken, Session, SessionSecret};
pub use similar::{SIMILAR_MAX, TitledGoal};
pub use standing::Standing;
pub use status::Status;
pub use store::{
    AccountStore, CheckInRepository, Credentials, Document, DocumentKind, DuplicateCheck, GoalRepository, GoalStore,
    GoalWrite, NotApplied, Rotated, Rotation, SAME_TIME, SessionRepository, StoreError, UserRepository,
};
pub use streak::Streak;
pub use text::fold;
pub use ticket::{NotATicket, Ticket, TicketSecret};
pub use time_zone::TimeZone;
pub use token::{Claims, TokenCodec, TokenError};
#[cfg(feature = "two-factor")]
pub use totp::TotpCodes;
pub use user::{
    EMAIL_MAX_BYTES, EmailAddress, Locale, LoginName, USERNAME_MAX, USERNAME_MIN, User, UserPatch, Username,
};
pub use value::{FieldValue, NotAMeasure};
pub use view::{VIEW_NAME_MAX, VIEW_QUERY_MAX, VIEWS_MAX, View, ViewDraft, ViewPatch};
