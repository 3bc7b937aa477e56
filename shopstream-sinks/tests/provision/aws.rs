//! What AWS has to be told.

use serde_json::json;
use shopstream_core::ErrorKind;
use shopstream_sinks::snowflake::provision::{Execute, IntegrationIdentity, Settings};

use crate::{
    from_nothing::provisioned,
    tables::{declarations, settings},
};

#[test]
fn the_access_policy_is_of_the_raw_folder_alone() {
    let settings = Settings::builder("shop-lake", "arn:aws-us-gov:iam::123456789012:role/a/b").prefix("prod");
    assert_eq!(
        settings.build().unwrap().access_policy(),
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                    "Resource": "arn:aws-us-gov:s3:::shop-lake/prod/raw/*",
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:ListBucket",
                    "Resource": "arn:aws-us-gov:s3:::shop-lake",
                    "Condition": { "StringLike": { "s3:prefix": ["prod/raw/*"] } },
                },
                {
                    "Effect": "Allow",
                    "Action": "s3:GetBucketLocation",
                    "Resource": "arn:aws-us-gov:s3:::shop-lake",
                },
            ],
        })
    );
}

#[tokio::test]
async fn the_trust_policy_is_made_of_what_the_integration_says() {
    let account = provisioned(&settings(), &declarations()).await;
    let answer = account.execute(&settings().describe_integration()).await.unwrap();
    let identity = IntegrationIdentity::from_rows(&answer).unwrap();
    assert_eq!(identity, IntegrationIdentity::new("arn:aws:iam::999999999999:user/snow", "SHOP_SFCRole=2_x"));
    assert_eq!(
        identity.trust_policy(),
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": "arn:aws:iam::999999999999:user/snow" },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": { "sts:ExternalId": "SHOP_SFCRole=2_x" } },
            }],
        })
    );
    let error = IntegrationIdentity::from_rows(&[]).unwrap_err();
    assert_eq!((error.kind(), error.context("property")), (ErrorKind::Schema, Some("STORAGE_AWS_IAM_USER_ARN")));
}
