//! Where webhooks may go: what an operator allows, the same for those who save a URL and for the
//! service that sends there.

use clap::Args;
use url::Url;

use super::CliError;
use crate::webhooks::{BlockedTarget, Ports, TargetPolicy};

/// What an operator allows beyond the usual.
#[derive(Clone, Debug, Args)]
pub(super) struct TargetArgs {
    /// Ports that webhooks may go to besides 443 and 8443, separated by commas: at most 16. Set it
    /// alike for `serve` and for `endpoints`: what the one saves and the other does not allow is
    /// attempted, and fails as blocked_port.
    #[arg(long, value_name = "WEBHOOK_PORTS", env = "WEBHOOK_PORTS", default_value = "")]
    webhook_ports: Ports,
}

impl TargetArgs {
    /// What may be called outside of `dev`.
    pub(super) fn policy(&self) -> TargetPolicy {
        TargetPolicy::PublicHttps(self.webhook_ports.clone())
    }

    /// Refuses a place that nothing would ever be sent to.
    pub(super) fn check(&self, url: &Url) -> Result<(), CliError> {
        self.policy().check(url).map_err(|blocked| CliError::Setting {
            name: "--url",
            rule: format!("is refused: {blocked}"),
            // A password is not shown again.
            received: Some(url.to_string()).filter(|_| blocked != BlockedTarget::Credentials),
        })
    }
}
