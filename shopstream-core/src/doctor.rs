//! What is well and what is not with a source or a lake, each with its cause and its fix.

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{Error, ErrorKind, Timestamp};

/// How far a server's clock may be off before it is worth a [`Severity::Warning`], in microseconds.
const SKEW: i64 = 5_000_000;

/// How bad a [`Finding`] is; the worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// All is well.
    Ok,
    /// It could not be asked, so that nothing is known of it.
    NotAsked,
    /// It works, with less speed, safety or comfort than it could.
    Warning,
    /// It will not work.
    Problem,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Severity::Ok => "ok",
            Severity::NotAsked => "not asked",
            Severity::Warning => "warning",
            Severity::Problem => "problem",
        })
    }
}

/// One thing that a doctor looked at.
///
/// ```
/// use shopstream_core::doctor::Finding;
///
/// let finding = Finding::problem("public.users", "the table cannot be read")
///     .with_cause("the user has no SELECT on it")
///     .with_fix("GRANT SELECT ON public.users TO shop");
/// assert_eq!(
///     finding.to_string(),
///     "problem: public.users: the table cannot be read; cause: the user has no SELECT on it; \
///      fix: GRANT SELECT ON public.users TO shop"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was looked at: `connection`, `clock`, a table.
    pub subject: String,
    /// What is the case.
    pub what: String,
    /// Why; `None` where all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What to do about it; `None` where all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Finding {
    fn new(severity: Severity, subject: impl fmt::Display, what: impl Into<String>) -> Self {
        Self { severity, subject: subject.to_string(), what: what.into(), cause: None, fix: None }
    }

    /// All is well.
    pub fn ok(subject: impl fmt::Display, what: impl Into<String>) -> Self {
        Self::new(Severity::Ok, subject, what)
    }

    /// It could not be asked.
    pub fn not_asked(subject: impl fmt::Display, what: impl Into<String>) -> Self {
        Self::new(Severity::NotAsked, subject, what)
    }

    /// It works, but not as well as it could.
    pub fn warning(subject: impl fmt::Display, what: impl Into<String>) -> Self {
        Self::new(Severity::Warning, subject, what)
    }

    /// It will not work.
    pub fn problem(subject: impl fmt::Display, what: impl Into<String>) -> Self {
        Self::new(Severity::Problem, subject, what)
    }

    /// It will not work, as an error says: its text is the cause, its kind says what to do.
    pub fn of_error(subject: impl fmt::Display, what: impl Into<String>, error: &Error) -> Self {
        let fix = match error.kind() {
            ErrorKind::Config => "change the setting that the cause names",
            ErrorKind::NotFound => "check the name, or make it first",
            ErrorKind::Conflict => "look who else is at work there, and ask again",
            ErrorKind::Schema => "change the declaration, or the options of the source, so that both agree",
            ErrorKind::Data => "mend the data, or choose an option that allows it",
            ErrorKind::Unavailable => "see that it runs and can be reached from here, and ask again",
            ErrorKind::Permission => "ask for the right, or give other credentials",
            ErrorKind::Unsupported => "use another store or server, which can do it",
            ErrorKind::Cancelled => "ask again",
            ErrorKind::Internal => "report it",
        };
        Self::problem(subject, what).with_cause(error.to_string()).with_fix(fix)
    }

    /// How far another clock is from ours: a warning over 5 seconds.
    pub fn of_clock(theirs: Timestamp, now: Timestamp) -> Self {
        let skew = theirs.micros().saturating_sub(now.micros());
        let seconds = skew.unsigned_abs() / 1_000_000;
        if skew.unsigned_abs() <= SKEW.unsigned_abs() {
            return Self::ok("clock", "it agrees with ours within 5 s");
        }
        let direction = if skew > 0 { "ahead of" } else { "behind" };
        Self::warning("clock", format!("it is {seconds} s {direction} ours"))
            .with_cause("one of the two machines does not keep its clock by the network's time")
            .with_fix("turn on time synchronisation (NTP, chrony) on both")
    }

    /// Says why it is so.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.severity, self.subject, self.what)?;
        if let Some(cause) = &self.cause {
            write!(f, "; cause: {cause}")?;
        }
        if let Some(fix) = &self.fix {
            write!(f, "; fix: {fix}")?;
        }
        Ok(())
    }
}

/// The worst of them; `Ok` of none.
pub fn worst(findings: &[Finding]) -> Severity {
    findings.iter().map(|f| f.severity).max().unwrap_or(Severity::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp;

    #[test]
    fn clocks_within_five_seconds_agree() {
        let now = timestamp!("2026-01-15 00:00:00");
        for (theirs, severity, says) in [
            (timestamp!("2026-01-15 00:00:05"), Severity::Ok, "agrees"),
            (timestamp!("2026-01-14 23:59:55"), Severity::Ok, "agrees"),
            (timestamp!("2026-01-15 00:00:05.000001"), Severity::Warning, "5 s ahead of ours"),
            (timestamp!("2026-01-14 22:00:00"), Severity::Warning, "7200 s behind ours"),
        ] {
            let finding = Finding::of_clock(theirs, now);
            assert_eq!(finding.severity, severity, "{finding}");
            assert!(finding.what.contains(says), "{finding}");
            assert_eq!((finding.cause.is_some(), finding.fix.is_some()), (says != "agrees", says != "agrees"));
        }
    }

    #[test]
    fn the_worst_counts_and_all_is_kept_as_text() {
        let findings = [
            Finding::not_asked("encryption", "the store does not tell"),
            Finding::of_error("lake", "it cannot be written", &Error::permission("no right").with("key", "a")),
            Finding::ok("lake", "it can be listed"),
        ];
        assert_eq!(worst(&findings), Severity::Problem);
        assert_eq!(worst(&findings[2..]), Severity::Ok);
        assert_eq!(worst(&[]), Severity::Ok);
        assert_eq!(findings[1].cause.as_deref(), Some("no right (key: a)"));
        let json = serde_json::to_string(&findings).unwrap();
        assert!(json.contains("\"severity\":\"not_asked\""), "{json}");
        assert_eq!(serde_json::from_str::<Vec<Finding>>(&json).unwrap(), findings);
    }
}
