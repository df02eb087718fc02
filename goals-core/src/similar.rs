//! When two goals nearly say the same.

use std::collections::BTreeMap;

use crate::duplicate::Fingerprint;
use crate::ids::GoalId;

/// The most characters by which two titles differ that nearly say the same.
const EDITS_MAX: usize = 4;
/// Of every so many characters one may differ: a short word soon means something else.
const LENGTH_PER_EDIT: usize = 6;
/// The most goals that are named as nearly the same.
pub const SIMILAR_MAX: usize = 5;
/// By how many characters two titles may differ in length before anybody looks at what they say:
/// the edits, and as much again for punctuation and capitals, which do not count.
const LENGTHS_APART_MAX: usize = 2 * EDITS_MAX;

/// A goal and its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitledGoal {
    /// Which goal.
    pub id: GoalId,
    /// Its title.
    pub title: String,
}

impl Fingerprint {
    /// Whether two titles nearly say the same, or wholly do: the words with a digit in them are
    /// equal, for "read 12 books" is not "read 121 books", and the others are equal in another
    /// order or are so after at most 4 edits (Levenshtein 1966), one in every 6 characters.
    #[must_use]
    pub fn nearly_says(&self, other: &Self) -> bool {
        let (ours, theirs) = (Rest::new(self.as_str(), other.as_str()), Rest::new(other.as_str(), self.as_str()));
        if ours.has_digits || theirs.has_digits {
            return false;
        }
        let length = self.as_str().chars().count().max(other.as_str().chars().count());
        within(&ours.letters, &theirs.letters, (length / LENGTH_PER_EDIT).min(EDITS_MAX))
    }
}

/// The lengths that a title may have which nearly says what one of `length` characters says, the
/// least and the most: so that a store need not look at all the others.
pub(crate) const fn lengths_like(length: usize) -> (usize, usize) {
    (length.saturating_sub(LENGTHS_APART_MAX), length + LENGTHS_APART_MAX)
}

/// The words that one text has and another has not, each as often as it has it more.
struct Rest {
    letters: Vec<char>,
    has_digits: bool,
}

impl Rest {
    fn new(of: &str, without: &str) -> Self {
        let mut known = BTreeMap::<&str, usize>::new();
        for word in without.split(' ') {
            *known.entry(word).or_default() += 1;
        }
        let mut words = Vec::new();
        for word in of.split(' ') {
            match known.get_mut(word) {
                Some(left) if *left > 0 => *left -= 1,
                _ => words.push(word),
            }
        }
        let words = words.join(" ");
        Self { has_digits: words.contains(char::is_numeric), letters: words.chars().collect() }
    }
}

/// Whether `most` insertions, deletions and substitutions make `a` into `b`. Looks only at what so
/// few edits can reach, so that it costs about 2 × `most` steps a character.
fn within(a: &[char], b: &[char], most: usize) -> bool {
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    let far = most + 1;
    let mut above: Vec<usize> = (0..=b.len()).map(|n| n.min(far)).collect();
    let mut row = vec![far; b.len() + 1];
    for (i, from) in a.iter().enumerate() {
        let (first, last) = (i.saturating_sub(most), (i + most + 1).min(b.len()));
        row[first] = if first == 0 { (i + 1).min(far) } else { far };
        for j in first..last {
            let substituted = above[j] + usize::from(b[j] != *from);
            row[j + 1] = substituted.min(above[j + 1] + 1).min(row[j] + 1).min(far);
        }
        if let Some(beyond) = row.get_mut(last + 1) {
            *beyond = far;
        }
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()] <= most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nearly(a: &str, b: &str) -> bool {
        let (a, b) = (Fingerprint::of(a), Fingerprint::of(b));
        assert_eq!(a.nearly_says(&b), b.nearly_says(&a));
        a.nearly_says(&b)
    }

    #[test]
    fn spelling_and_order_hardly_matter() {
        for (a, b) in [
            ("Read 12 books", "read 12 book"),
            ("Run a marathon", "Run marathon"),
            ("Learn to swim", "To swim, learn!"),
            ("Aprender francês", "aprender frances"),
            ("Read books 12", "12 books: read"),
            ("Excercise every morning", "Exercise every morning"),
        ] {
            assert!(nearly(a, b), "{a} / {b}");
        }
    }

    #[test]
    fn numbers_and_other_words_do() {
        for (a, b) in [
            ("Read 12 books", "Read 121 books"),
            ("Read 12 books", "Read books"),
            ("Run 1.5 km", "Run 15 km"),
            ("Run 5 km in 30 minutes", "Run 5 km in 35 minutes"),
            ("Run 5 km 5 times", "Run 5 km times"),
            ("Chapter ２", "Chapter 3"),
            ("Learn French", "Learn German"),
            ("Read more", "Read less"),
            ("avó", "avô"),
            ("Run", "Fun"),
            ("🏃", "🏊"),
            ("Call Ana about the house", "Call Rui about the garden"),
        ] {
            assert!(!nearly(a, b), "{a} / {b}");
        }
    }

    /// As the definition has it, in full.
    fn distance(a: &[char], b: &[char]) -> usize {
        match (a, b) {
            ([], rest) | (rest, []) => rest.len(),
            ([x, a @ ..], [y, b @ ..]) if x == y => distance(a, b),
            ([_, shorter @ ..], [_, other @ ..]) => {
                1 + distance(shorter, b).min(distance(a, other)).min(distance(shorter, other))
            }
        }
    }

    proptest! {
        #[test]
        fn few_edits_are_counted_as_all_are(a in "[ab]{0,7}", b in "[ab]{0,7}", most in 0_usize..8) {
            let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(within(&a, &b, most), distance(&a, &b) <= most);
        }

        #[test]
        fn what_says_the_same_nearly_does(title in "\\PC{1,60}") {
            prop_assert!(Fingerprint::of(&title).nearly_says(&Fingerprint::of(&title)));
        }
    }
}
