//! An exact number as a `numeric`.

use std::error::Error;

use bytes::BytesMut;
use goals_core::Quantity;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// A quantity, as the server sends and takes it: digits to the base of 10,000, of which the first
/// stands for so many times 10,000 to the power of a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numeric(pub(super) Quantity);

const NEGATIVE: u16 = 0x4000;

impl ToSql for Numeric {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let text = self.0.to_string();
        let (sign, text) = text.strip_prefix('-').map_or((0, text.as_str()), |text| (NEGATIVE, text));
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        // Zeros at both ends make both sides of the point whole digits.
        let (before, after) = (whole.len().next_multiple_of(4), part.len().next_multiple_of(4));
        let padded = format!("{whole:0>before$}{part:0<after$}");
        let digits: Vec<i16> =
            padded.as_bytes().chunks(4).map(|four| four.iter().fold(0, |n, b| n * 10 + i16::from(b - b'0'))).collect();
        out.extend_from_slice(&u16::try_from(digits.len())?.to_be_bytes());
        out.extend_from_slice(&(i16::try_from(before / 4)? - 1).to_be_bytes());
        out.extend_from_slice(&sign.to_be_bytes());
        out.extend_from_slice(&u16::try_from(part.len())?.to_be_bytes());
        for digit in digits {
            out.extend_from_slice(&digit.to_be_bytes());
        }
        Ok(IsNull::No)
    }

    accepts!(NUMERIC);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Numeric {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let (words, rest) = raw.as_chunks::<2>();
        let words: Vec<u16> = words.iter().map(|word| u16::from_be_bytes(*word)).collect();
        let [count, weight, sign, _, digits @ ..] = words.as_slice() else { return Err("a short numeric".into()) };
        if !rest.is_empty() || usize::from(*count) != digits.len() || !matches!(*sign, 0 | NEGATIVE) {
            return Err("no finite numeric".into());
        }
        // The last digit stands for so many times ten to this power.
        let power = (i32::from(weight.cast_signed()) + 1 - i32::from(*count)) * 4;
        let append = |mantissa: i64, digit: &u16| mantissa.checked_mul(10_000)?.checked_add(i64::from(*digit));
        let mantissa = digits.iter().try_fold(0, append).ok_or("more digits than were written")?;
        let sign = if *sign == NEGATIVE { "-" } else { "" };
        Ok(Self(format!("{sign}{mantissa}e{power}").parse()?))
    }

    accepts!(NUMERIC);
}
