//! The words that a field may take, as the domain lists them.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = goals_core::$name::WORDS.iter().copied();
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

choices! {
    /// See [`goals_core::Actor`].
    Actor;
    /// See [`goals_core::Bound`].
    Bound;
    /// See [`goals_core::Color`].
    Color;
    /// See [`goals_core::EventKind`].
    EventKind;
    /// See [`goals_core::Fold`].
    Fold;
    /// See [`goals_core::Health`].
    Health;
    /// See [`goals_core::MeasureKind`].
    MeasureKind;
    /// See [`goals_core::Per`].
    Per;
    /// See [`goals_core::Priority`].
    Priority;
    /// See [`goals_core::Scope`].
    Scope;
    /// See [`goals_core::Status`].
    Status;
}
