//! The two policies that let Snowflake read the bucket, as JSON for AWS
//! (<https://docs.snowflake.com/en/user-guide/data-load-s3-config-storage-integration>).

use arrow::array::RecordBatch;
use serde_json::{Value, json};
use shopstream_core::{Error, Result};
use std::fmt;

use super::{Settings, inventory::rows_of};

/// The name of an IAM role: `arn:aws:iam::123456789012:role/snowflake`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoleArn(String);

impl RoleArn {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_+=,.@-".contains(c);
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", "aws" | "aws-cn" | "aws-us-gov", "iam", "", account, role]
                if account.len() == 12
                    && account.chars().all(|c| c.is_ascii_digit())
                    && role.strip_prefix("role/").is_some_and(|r| !r.is_empty() && r.chars().all(plain)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(Error::config("an IAM role is named as arn:aws:iam::123456789012:role/NAME")
                .with("arn", text.escape_debug())),
        }
    }

    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub(super) fn partition(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }

    /// How a stage's URL begins in that part of AWS.
    pub(super) fn url_scheme(&self) -> &'static str {
        match self.partition() {
            "aws-cn" => "s3china",
            "aws-us-gov" => "s3gov",
            _ => "s3",
        }
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Settings {
    /// The policy that allows the role to list and read the lake's raw folder, and nothing else. Snowflake does not
    /// write there: what it makes stays in Snowflake.
    pub fn access_policy(&self) -> Value {
        let bucket = format!("arn:{}:s3:::{}", self.role.partition(), self.bucket);
        let keys = format!("{}*", self.key_prefix());
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                    "Resource": format!("{bucket}/{keys}"),
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:ListBucket",
                    "Resource": bucket,
                    "Condition": { "StringLike": { "s3:prefix": [keys] } },
                },
                { "Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": bucket },
            ],
        })
    }
}

/// Who Snowflake is to AWS, as `DESC INTEGRATION` tells once the integration is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationIdentity {
    iam_user_arn: String,
    external_id: String,
}

impl IntegrationIdentity {
    /// Snowflake's user in AWS (`STORAGE_AWS_IAM_USER_ARN`) and the id that it shows when it comes
    /// (`STORAGE_AWS_EXTERNAL_ID`).
    pub fn new(iam_user_arn: impl Into<String>, external_id: impl Into<String>) -> Self {
        Self { iam_user_arn: iam_user_arn.into(), external_id: external_id.into() }
    }

    /// Takes both from the answer to [`Settings::describe_integration`].
    ///
    /// # Errors
    /// `Schema` when the answer does not have them.
    pub fn from_rows(answer: &[RecordBatch]) -> Result<Self> {
        let rows = rows_of(answer)?;
        let property = |name: &'static str| {
            let row = rows.iter().find(|row| row.get("property") == Some(name));
            row.and_then(|row| row.get("property_value")).map(str::to_owned).ok_or_else(|| {
                Error::schema("DESC INTEGRATION does not tell who Snowflake is to AWS: is it an integration for S3?")
                    .with("property", name)
            })
        };
        Ok(Self::new(property("STORAGE_AWS_IAM_USER_ARN")?, property("STORAGE_AWS_EXTERNAL_ID")?))
    }

    /// The trust policy of the role: Snowflake's user may take it on, and only by that id.
    pub fn trust_policy(&self) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": self.iam_user_arn },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "sts:ExternalId": self.external_id } },
            }],
        })
    }
}

impl Settings {
    /// The statement whose answer [`IntegrationIdentity::from_rows`] takes.
    pub fn describe_integration(&self) -> String {
        format!("DESC INTEGRATION {}", self.integration)
    }
}
