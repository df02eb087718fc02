//! Why a value was refused.

use chrono::NaiveDate;

use crate::quantity::{MAX_DIGITS, MAX_SCALE, Quantity};

/// Why one value was refused.
///
/// [`code`](Self::code) is stable and for programs, [`params`](Self::params) hold the bounds that
/// were in force, and `Display` says in English what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Nothing was given where something is needed.
    #[error("must not be empty")]
    Required,
    /// Fewer than `min` characters.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The fewest characters allowed.
        min: usize,
    },
    /// More than `max` characters.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// A value of another type.
    #[error("must be {expected}")]
    InvalidType {
        /// The type that is needed, with its article.
        expected: &'static str,
    },
    /// A word that is not one of the choices.
    #[error("must be one of {}", .allowed.join(", "))]
    InvalidChoice {
        /// All choices.
        allowed: &'static [&'static str],
    },
    /// Control, bidirectional-override or invisible characters.
    #[error("must not contain control or invisible characters")]
    InvalidCharacters,
    /// Text of another form.
    #[error("must be {expected}")]
    InvalidFormat {
        /// The form that is needed, with its article.
        expected: &'static str,
    },
    /// Not a day or an instant.
    #[error("must be a day (YYYY-MM-DD) or an RFC 3339 instant")]
    InvalidDate,
    /// Not a number that is kept exactly.
    #[error("must be a number of at most {digits} digits, {decimals} of them decimals")]
    InvalidNumber {
        /// The most significant digits.
        digits: u32,
        /// The most decimals.
        decimals: u32,
    },
    /// Below `min` or above `max`, both of which are allowed.
    #[error("must be from {min} to {max}")]
    OutOfRange {
        /// The least value allowed.
        min: i64,
        /// The greatest value allowed.
        max: i64,
    },
    /// A deadline before its start.
    #[error("must not be before the start")]
    BeforeStart,
    /// More than `max` entries.
    #[error("must have at most {max} entries")]
    TooMany {
        /// The most entries allowed.
        max: usize,
    },
    /// More than `max` bytes in all.
    #[error("must have at most {max} bytes as JSON")]
    TooLarge {
        /// The most bytes allowed.
        max: usize,
    },
    /// The same entry twice.
    #[error("must not be given twice")]
    Duplicate,
    /// A password that is too easy to guess.
    #[error("is too easy to guess; longer, or less usual, words help")]
    TooWeak {
        /// The estimate, 0 to 4.
        score: u8,
        /// The least estimate allowed.
        min: u8,
    },
    /// A goal that the owner does not have.
    #[error("must be one of your goals")]
    UnknownGoal,
    /// A goal that would stand above itself.
    #[error("must not be the goal itself or one below it")]
    Cycle,
    /// More levels of goals under goals than `max`.
    #[error("must leave at most {max} levels of goals under goals")]
    TooDeep {
        /// The most levels allowed.
        max: usize,
    },
    /// A goal that is in the trash.
    #[error("has to be taken out of the trash first")]
    InTrash,
    /// A number that is too small.
    #[error("must be {} 0", if *.above { "more than" } else { "at least" })]
    TooSmall {
        /// Whether it has to be more than 0, or may be 0.
        above: bool,
    },
    /// A value that has no meaning beside the others.
    #[error("has no meaning for this kind of measure")]
    NotApplicable,
    /// A target that is where one starts.
    #[error("must not be the same as the start")]
    SameAsStart,
    /// A day that has not come yet.
    #[error("must not be in the future")]
    InFuture,
    /// A code that is wrong, or was used before.
    #[error("is wrong, or was used before")]
    WrongCode,
    /// A status that does not follow on the present one.
    #[error("must be a status that may follow on {from}")]
    InvalidTransition {
        /// The present status.
        from: &'static str,
    },
    /// A field that does not exist.
    #[error("is not a known field")]
    UnknownField,
}

/// A parameter of something that has a code: a [`Violation`], or why a goal is doing as it does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Param {
    /// A number.
    Number(i64),
    /// A text.
    Text(&'static str),
    /// Several texts.
    Texts(&'static [&'static str]),
    /// A civil day.
    Day(NaiveDate),
    /// An exact number.
    Quantity(Quantity),
    /// A number that was divided.
    Ratio(f64),
}

fn number<T: TryInto<i64>>(value: T) -> Param {
    Param::Number(value.try_into().unwrap_or(i64::MAX))
}

impl Violation {
    /// A number, or a sum, that is no [`Quantity`].
    pub(crate) const fn too_many_digits() -> Self {
        Self::InvalidNumber { digits: MAX_DIGITS, decimals: MAX_SCALE }
    }

    /// The stable name of this violation, in `snake_case`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::InvalidType { .. } => "invalid_type",
            Self::InvalidChoice { .. } => "invalid_choice",
            Self::InvalidCharacters => "invalid_characters",
            Self::InvalidFormat { .. } => "invalid_format",
            Self::InvalidDate => "invalid_date",
            Self::InvalidNumber { .. } => "invalid_number",
            Self::OutOfRange { .. } => "out_of_range",
            Self::BeforeStart => "before_start",
            Self::TooMany { .. } => "too_many",
            Self::TooLarge { .. } => "too_large",
            Self::Duplicate => "duplicate",
            Self::TooWeak { .. } => "too_weak",
            Self::UnknownGoal => "unknown_goal",
            Self::Cycle => "cycle",
            Self::TooDeep { .. } => "too_deep",
            Self::InTrash => "in_trash",
            Self::TooSmall { .. } => "too_small",
            Self::NotApplicable => "not_applicable",
            Self::SameAsStart => "same_as_start",
            Self::InFuture => "in_future",
            Self::WrongCode => "wrong_code",
            Self::InvalidTransition { .. } => "invalid_transition",
            Self::UnknownField => "unknown_field",
        }
    }

    /// The bounds that were in force, by name.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, Param)> {
        match *self {
            Self::TooShort { min } => vec![("min", number(min))],
            Self::TooLong { max } | Self::TooMany { max } | Self::TooLarge { max } | Self::TooDeep { max } => {
                vec![("max", number(max))]
            }
            Self::InvalidType { expected } | Self::InvalidFormat { expected } => {
                vec![("expected", Param::Text(expected))]
            }
            Self::InvalidChoice { allowed } => vec![("allowed", Param::Texts(allowed))],
            Self::InvalidNumber { digits, decimals } => {
                vec![("digits", number(digits)), ("decimals", number(decimals))]
            }
            Self::OutOfRange { min, max } => vec![("min", number(min)), ("max", number(max))],
            Self::TooSmall { above } => vec![(if above { "above" } else { "min" }, number(0))],
            Self::InvalidTransition { from } => vec![("from", Param::Text(from))],
            Self::TooWeak { score, min } => vec![("score", number(score)), ("min", number(min))],
            Self::Required
            | Self::InvalidCharacters
            | Self::InvalidDate
            | Self::BeforeStart
            | Self::Duplicate
            | Self::UnknownGoal
            | Self::Cycle
            | Self::InTrash
            | Self::NotApplicable
            | Self::SameAsStart
            | Self::InFuture
            | Self::WrongCode
            | Self::UnknownField => Vec::new(),
        }
    }
}
