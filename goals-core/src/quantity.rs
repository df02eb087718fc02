//! Exact decimal numbers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::error::Violation;

/// Digits of the mantissa: what a JSON double carries without loss.
pub(crate) const MAX_DIGITS: u32 = 15;
pub(crate) const MAX_SCALE: u32 = 6;
const MAX_MANTISSA: i64 = 10_i64.pow(MAX_DIGITS);

/// An exact decimal number with at most 15 significant digits and at most 6 decimals.
///
/// Within these bounds a number survives the way through a JSON double (IEEE 754 binary64 carries
/// 15 decimal digits), so it can be a plain number on the wire, and no arithmetic here rounds.
///
/// ```
/// use goals_core::Quantity;
///
/// let half: Quantity = "2.50".parse()?;
/// assert_eq!(half.to_string(), "2.5");
/// assert!("0.1234567".parse::<Quantity>().is_err());
/// # Ok::<(), goals_core::Violation>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Quantity {
    /// Normalised: no trailing zero while `scale` is above 0, so equal numbers are equal values.
    mantissa: i64,
    scale: u32,
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };
    /// One.
    pub const ONE: Self = Self { mantissa: 1, scale: 0 };

    /// The exact sum; `None` when it has more digits than a quantity holds.
    ///
    /// ```
    /// use goals_core::Quantity;
    ///
    /// let [a, b, great]: [Quantity; 3] = ["0.1".parse()?, "0.2".parse()?, "999999999999999".parse()?];
    /// assert_eq!(a.checked_add(b), Some("0.3".parse()?));
    /// assert_eq!(great.checked_add(a), None);
    /// # Ok::<(), goals_core::Violation>(())
    /// ```
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::from_millionths(self.millionths() + other.millionths())
    }

    /// The exact difference; `None` when it has more digits than a quantity holds.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::from_millionths(self.millionths() - other.millionths())
    }

    /// How many millionths it is: a whole number, below 10²¹.
    pub(crate) const fn millionths(self) -> i128 {
        self.mantissa as i128 * 10_i128.pow(MAX_SCALE - self.scale)
    }

    pub(crate) fn from_millionths(mut millionths: i128) -> Option<Self> {
        let mut scale = MAX_SCALE;
        while scale > 0 && millionths % 10 == 0 {
            millionths /= 10;
            scale -= 1;
        }
        Self::normalised(millionths.try_into().ok()?, scale)
    }

    fn normalised(mut mantissa: i64, mut scale: u32) -> Option<Self> {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (scale <= MAX_SCALE && mantissa.abs() < MAX_MANTISSA).then_some(Self { mantissa, scale })
    }

    /// The nearest double, for an encoder that has no decimals; it prints as the same number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "15 digits fit into the 53 bits of a double")]
    pub fn to_f64(self) -> f64 {
        // One correctly rounded division of two exact doubles gives the double that is nearest to
        // the decimal, and that is the one whose shortest form is the decimal.
        self.mantissa as f64 / 10_f64.powi(self.scale.cast_signed())
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.millionths().cmp(&other.millionths())
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i32> for Quantity {
    fn from(whole: i32) -> Self {
        Self { mantissa: whole.into(), scale: 0 }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let unit = 10_u64.pow(self.scale);
        let (whole, part) = (self.mantissa.unsigned_abs() / unit, self.mantissa.unsigned_abs() % unit);
        match self.scale as usize {
            0 => write!(f, "{sign}{whole}"),
            width => write!(f, "{sign}{whole}.{part:0width$}"),
        }
    }
}

impl FromStr for Quantity {
    type Err = Violation;

    /// Reads a decimal number as JSON writes it, with or without an exponent.
    fn from_str(text: &str) -> Result<Self, Violation> {
        read(text).ok_or(Violation::too_many_digits())
    }
}

fn read(text: &str) -> Option<Quantity> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if digits.is_empty() || !is_number(digits) || !is_number(part) || (part.is_empty() && number.contains('.')) {
        return None;
    }
    let part = part.trim_end_matches('0');
    let mantissa: i64 = format!("{whole}{part}").parse().ok()?;
    if mantissa == 0 {
        return Quantity::normalised(0, 0);
    }
    let scale = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
    if scale < 0 {
        let raised = mantissa.checked_mul(10_i64.checked_pow(scale.unsigned_abs())?)?;
        return Quantity::normalised(raised, 0);
    }
    Quantity::normalised(mantissa, scale.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_json_writes() {
        for (text, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.05", "-0.05"),
            ("10.500", "10.5"),
            ("1e3", "1000"),
            ("1.5E-3", "0.0015"),
            ("999999999999999", "999999999999999"),
            ("0.000001", "0.000001"),
        ] {
            assert_eq!(text.parse::<Quantity>().map(|q| q.to_string()).as_deref(), Ok(printed), "{text}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_hold() {
        for text in [
            "",
            "-",
            "1.",
            ".5",
            "1e",
            "1e99",
            "1e-7",
            "0.0000001",
            "1000000000000000",
            "NaN",
            "1,5",
            "+1",
            "--1",
            "1e2147483648",
            "1.5e-2147483648",
        ] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
    }

    fn any_quantity() -> impl Strategy<Value = Quantity> {
        (-MAX_MANTISSA + 1..MAX_MANTISSA, 0..=MAX_SCALE)
            .prop_map(|(mantissa, scale)| Quantity::normalised(mantissa, scale).unwrap())
    }

    proptest! {
        #[test]
        fn survives_text_and_doubles(mantissa in -MAX_MANTISSA + 1..MAX_MANTISSA, scale in 0..=MAX_SCALE) {
            let quantity = Quantity::normalised(mantissa, scale).unwrap();
            prop_assert_eq!(quantity.to_string().parse::<Quantity>(), Ok(quantity));
            prop_assert_eq!(quantity.to_f64().to_string().parse::<Quantity>(), Ok(quantity));
        }

        #[test]
        fn sums_are_exact(a in any_quantity(), b in any_quantity()) {
            prop_assert_eq!(a.cmp(&b), a.millionths().cmp(&b.millionths()));
            prop_assert_eq!(Quantity::from_millionths(a.millionths()), Some(a));
            match a.checked_add(b) {
                Some(sum) => {
                    prop_assert_eq!(sum.millionths(), a.millionths() + b.millionths());
                    prop_assert_eq!(sum.checked_sub(b), Some(a));
                    prop_assert_eq!(sum.to_string().parse::<Quantity>(), Ok(sum));
                }
                None => prop_assert!((a.millionths() + b.millionths()).abs() >= i128::from(MAX_MANTISSA)),
            }
        }

        #[test]
        fn never_panics(text in "[-0-9.eE]{0,30}") {
            let _ = text.parse::<Quantity>();
        }
    }
}
