//! When two goals say the same.

use std::iter::once;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::text::fold_case;

/// What to do about a new goal that says the same as an open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DuplicatePolicy {
    /// Refuse it and name the open one.
    #[default]
    Refuse,
    /// Let both stand.
    Allow,
}

/// A title reduced to what it says: two open goals of one owner with the same fingerprint are
/// duplicates.
///
/// Compatibility forms (NFKC) and case are folded, apostrophes dropped, other punctuation taken as
/// a space, spaces collapsed. Digits and what separates them stay, for "run 1.5 km" is not
/// "run 15 km". A title of punctuation alone stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a title.
    #[must_use]
    pub fn of(title: &str) -> Self {
        let folded = fold_case(title);
        let spaced: String = folded.chars().filter(|c| !is_apostrophe(*c)).map(space_for_punctuation).collect();
        let words = spaced.split_whitespace();
        let said = words.flat_map(|word| once(" ").chain(once(word))).skip(1).collect::<String>();
        Self(if said.is_empty() { folded } else { said })
    }

    /// The reduced title; up to a few times as long as the title itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{02BC}')
}

fn space_for_punctuation(c: char) -> char {
    if c.general_category_group() == GeneralCategoryGroup::Punctuation { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    fn same(a: &str, b: &str) -> bool {
        Fingerprint::of(a) == Fingerprint::of(b)
    }

    #[test]
    fn spelling_does_not_make_another_goal() {
        assert!(same("Read 12 books", "  read   12 BOOKS!"));
        assert!(same("Well-known", "well known"));
        assert!(same("It's on", "its on"));
        assert!(same("ｆｕｌｌ width", "Full Width"));
    }

    #[test]
    fn numbers_and_words_do() {
        assert!(!same("Read 12 books", "Read 121 books"));
        assert!(!same("Run 1.5 km", "Run 15 km"));
        assert!(!same("Save 1,000", "Save 1000"));
        assert!(!same("avó", "avô"));
        assert!(!same("!!!", "???"));
        assert!(!same("Learn C++", "Learn C"));
        assert!(!same("🏃", "🏊"));
    }
}
