//! Misbehaviour on request, as real providers show it on bad days.

use std::str::FromStr;

/// How often a notification may be repeated.
const REPEAT_MAX: u32 = 10;

/// What the bank does wrong. The default is nothing.
///
/// Written as a list, for example `timeout_after_charge,repeat=2,reorder`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// A charge is booked, but its caller gets an error instead of the answer. Repeated, the
    /// call answers.
    pub timeout_after_charge: bool,
    /// How many times each notification is sent: 1 is once.
    pub repeat: u32,
    /// Notifications are held back until several have gathered, and sent the latest first.
    pub reorder: bool,
    /// Captures of held money are refused.
    pub refuse_captures: bool,
    /// Held money is not let go.
    pub refuse_voids: bool,
    /// Refunds are refused.
    pub refuse_refunds: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            timeout_after_charge: false,
            repeat: 1,
            reorder: false,
            refuse_captures: false,
            refuse_voids: false,
            refuse_refunds: false,
        }
    }
}

/// Why a list of faults cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// No such fault.
    #[error(
        "there is no fault {0:?}; there are timeout_after_charge, repeat=N, reorder, \
         refuse_captures, refuse_voids and refuse_refunds, separated by commas"
    )]
    Unknown(String),
    /// `repeat` without a sensible number.
    #[error("repeat={0:?} must be a number from 1 (each notification once) to {REPEAT_MAX}")]
    Repeat(String),
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(list: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        for word in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            match word.split_once('=') {
                None if word == "timeout_after_charge" => faults.timeout_after_charge = true,
                None if word == "reorder" => faults.reorder = true,
                None if word == "refuse_captures" => faults.refuse_captures = true,
                None if word == "refuse_voids" => faults.refuse_voids = true,
                None if word == "refuse_refunds" => faults.refuse_refunds = true,
                Some(("repeat", times)) => {
                    let times_read = times.parse().ok();
                    let in_range = times_read.filter(|it| (1..=REPEAT_MAX).contains(it));
                    faults.repeat = in_range.ok_or_else(|| FaultsError::Repeat(times.into()))?;
                }
                _ => return Err(FaultsError::Unknown(word.into())),
            }
        }
        Ok(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_faults_is_read_and_an_empty_one_is_none() {
        assert_eq!("".parse(), Ok(Faults::default()));
        let some =
            Faults { timeout_after_charge: true, repeat: 2, reorder: true, ..Faults::default() };
        assert_eq!("timeout_after_charge, repeat=2,reorder".parse(), Ok(some));
        let refusing = "refuse_captures,refuse_voids,refuse_refunds".parse::<Faults>().unwrap();
        assert!(refusing.refuse_captures && refusing.refuse_voids && refusing.refuse_refunds);
    }

    #[test]
    fn an_unknown_fault_is_named_together_with_those_that_exist() {
        let error = "reorder,explode".parse::<Faults>().unwrap_err().to_string();
        assert!(error.contains("\"explode\"") && error.contains("timeout_after_charge"), "{error}");
        assert!("reorder=2".parse::<Faults>().is_err());
        assert!("repeat".parse::<Faults>().is_err());
    }

    #[test]
    fn a_notification_is_sent_1_to_10_times() {
        assert_eq!("repeat=1".parse::<Faults>().unwrap().repeat, 1);
        assert_eq!("repeat=10".parse::<Faults>().unwrap().repeat, 10);
        for times in ["0", "11", "-1", "", "two"] {
            assert_eq!(
                format!("repeat={times}").parse::<Faults>(),
                Err(FaultsError::Repeat(times.into()))
            );
        }
    }
}
