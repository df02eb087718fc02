//! What text may hold, and how two texts are compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::error::Violation;

/// Whether `c` could hide or reorder what a reader sees: controls, format characters (bidi
/// overrides and isolates, zero-width spaces) and the separators of lines and paragraphs.
///
/// The zero-width joiners are format characters that people need: they build emoji (U+200D) and
/// shape Persian and Indic scripts (U+200C, U+200D). They are judged by [`joins`].
fn is_forbidden(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}')
}

/// Whether the joiner between `before` and `after` does its work, and is not there to be invisible.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let visible = |c: char| !c.is_ascii() && !c.is_whitespace() && !is_forbidden(c);
    before.is_some_and(visible) && after.is_some_and(visible)
}

/// Judges the characters of `text`: nothing invisible, and line breaks only if they are allowed.
fn check_characters(text: &str, newlines: bool) -> Result<(), Violation> {
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let allowed = match c {
            '\n' | '\t' => newlines,
            '\r' => newlines && rest.peek() == Some(&'\n'),
            '\u{200C}' | '\u{200D}' => joins(before, rest.peek().copied()),
            // The tags that spell the flags of England, Scotland and Wales.
            '\u{E0020}'..='\u{E007F}' => before.is_some_and(|b| b == '🏴' || ('\u{E0020}'..='\u{E007F}').contains(&b)),
            c => !is_forbidden(c),
        };
        if !allowed {
            return Err(Violation::InvalidCharacters);
        }
        before = Some(c);
    }
    Ok(())
}

fn check_length(text: &str, max: usize) -> Result<(), Violation> {
    // A text of n bytes has at most n characters, so most texts are not counted.
    if text.len() > max && text.chars().count() > max { Err(Violation::TooLong { max }) } else { Ok(()) }
}

/// One line of 1 to `max` characters, after trimming and NFC.
pub(crate) fn line(raw: &str, max: usize) -> Result<String, Violation> {
    // Before trimming: a control character at the edge is refused like any other, not dropped.
    check_characters(raw, false)?;
    let text: String = raw.trim().nfc().collect();
    check_length(&text, max)?;
    // Marks and variation selectors need something to stand on.
    if text.chars().any(|c| !is_combining_mark(c) && !c.is_whitespace()) { Ok(text) } else { Err(Violation::Required) }
}

/// At most `max` characters on as many lines as one likes, kept to the letter.
pub(crate) fn check_lines(raw: &str, max: usize) -> Result<(), Violation> {
    check_characters(raw, true)?;
    check_length(raw, max)
}

/// `text` as it is compared without regard to case.
///
/// Upper case and then lower case, character by character, comes as near to Unicode case folding
/// as the standard library goes: `ß` equals `SS`, and a final sigma equals any other.
pub(crate) fn fold_case(text: &str) -> String {
    text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// `text` as it is searched and sorted: without case and without accents.
#[must_use]
pub fn fold(text: &str) -> String {
    // Case first: the capital of a letter with an iota below has the iota beside it, which is no
    // mark and would stay.
    fold_case(text).nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_refused() {
        for bad in [
            "a\u{0}b",
            "a\u{202E}b",
            "a\u{200B}b",
            "a\u{2028}b",
            "a\nb",
            "a\u{200D}b",
            "\u{3164}",
            "a\u{FEFF}b",
            "a\n",
            "\ta",
            "a\u{85}",
        ] {
            assert_eq!(line(bad, 50), Err(Violation::InvalidCharacters), "{bad:?}");
        }
    }

    #[test]
    fn joiners_that_do_their_work_are_kept() {
        for good in ["👩‍🚀 ao espaço", "می‌خواهم", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "क्‍ष"]
        {
            assert!(line(good, 50).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn text_is_trimmed_and_composed() {
        assert_eq!(line("  Me\u{301}tas ", 50).as_deref(), Ok("Métas"));
        assert_eq!(check_lines(" a\r\nb\tc\n", 8), Ok(()));
        assert_eq!(check_lines("a\rb", 50), Err(Violation::InvalidCharacters));
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(line(&"é".repeat(200), 200).is_ok());
        assert_eq!(line(&"é".repeat(201), 200), Err(Violation::TooLong { max: 200 }));
        for empty in ["", " \u{a0} ", "\u{FE0F}", "\u{301}"] {
            assert_eq!(line(empty, 200), Err(Violation::Required), "{empty:?}");
        }
    }

    #[test]
    fn folding_drops_case_and_accents() {
        assert_eq!(fold("MÉTAS"), "metas");
        assert_eq!(fold("São Paulo"), "sao paulo");
        assert_eq!(fold_case("Straße"), fold_case("STRASSE"));
        assert_eq!(fold_case("ΟΔΟΣ"), fold_case("οδος"));
        assert_ne!(fold_case("résumé"), fold_case("resume"));
    }
}
