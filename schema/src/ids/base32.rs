//! Crockford's base 32, lower case, fixed width (<https://www.crockford.com/base32.html>), without its leniencies: one text per value.

use super::IdError;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes `bits`, most significant digit first, filling `digits`. Bits beyond the width are dropped.
pub(super) fn encode(mut bits: u128, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(bits & 31).unwrap_or_default();
        *digit = ALPHABET.get(index).copied().unwrap_or(b'0');
        bits >>= 5;
    }
}

/// Reads up to 26 digits; more than 128 bits are out of range.
pub(super) fn decode(digits: &[u8]) -> Result<u128, IdError> {
    let mut bits: u128 = 0;
    for digit in digits {
        let value = match *digit {
            d @ b'0'..=b'9' => d - b'0',
            d @ b'a'..=b'h' => d - b'a' + 10,
            d @ b'j'..=b'k' => d - b'j' + 18,
            d @ b'm'..=b'n' => d - b'm' + 20,
            d @ b'p'..=b't' => d - b'p' + 22,
            d @ b'v'..=b'z' => d - b'v' + 27,
            _ => return Err(IdError::Character),
        };
        if bits >> 123 != 0 {
            return Err(IdError::Range);
        }
        bits = (bits << 5) | u128::from(value);
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn decode_is_the_inverse_of_encode(bits: u128) {
            let mut digits = [0; 26];
            encode(bits, &mut digits);
            proptest::prop_assert_eq!(decode(&digits), Ok(bits));
        }
    }

    #[test]
    fn every_digit_of_the_alphabet_has_its_value() {
        for (value, digit) in ALPHABET.iter().enumerate() {
            assert_eq!(decode(&[*digit]), Ok(value as u128));
        }
        for lenient in b"ilouILOUA-" {
            assert_eq!(decode(&[*lenient]), Err(IdError::Character));
        }
    }

    #[test]
    fn more_than_128_bits_are_refused() {
        assert_eq!(decode(b"8zzzzzzzzzzzzzzzzzzzzzzzzz"), Err(IdError::Range));
        assert_eq!(decode(b"7zzzzzzzzzzzzzzzzzzzzzzzzz"), Ok(u128::MAX));
    }
}
