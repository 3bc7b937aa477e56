-- role "LOADER", additive: loads files into raw tables
CREATE ROLE IF NOT EXISTS "LOADER" COMMENT = 'loads files into raw tables';

-- role "TRANSFORMER", additive: runs models and publishes what they make
CREATE ROLE IF NOT EXISTS "TRANSFORMER" COMMENT = 'runs models and publishes what they make';

-- role "REPORTER", additive: reads marts
CREATE ROLE IF NOT EXISTS "REPORTER" COMMENT = 'reads marts';

-- warehouse "LOADING_WH", additive: loads
CREATE WAREHOUSE IF NOT EXISTS "LOADING_WH" INITIALLY_SUSPENDED = TRUE WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE COMMENT = 'loads';

-- warehouse "TRANSFORM_WH", additive: models
CREATE WAREHOUSE IF NOT EXISTS "TRANSFORM_WH" INITIALLY_SUSPENDED = TRUE WAREHOUSE_SIZE = SMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE COMMENT = 'models';

-- warehouse "BI_WH", additive: readers
CREATE WAREHOUSE IF NOT EXISTS "BI_WH" INITIALLY_SUSPENDED = TRUE WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 120 AUTO_RESUME = TRUE COMMENT = 'readers';

-- database "SHOPSTREAM_DWH", additive: the shop's data warehouse
CREATE DATABASE IF NOT EXISTS "SHOPSTREAM_DWH" COMMENT = 'the shop''s data warehouse';

-- schema "SHOPSTREAM_DWH"."RAW", additive: rows as they landed
CREATE SCHEMA IF NOT EXISTS "SHOPSTREAM_DWH"."RAW" COMMENT = 'rows as they landed';

-- schema "SHOPSTREAM_DWH"."STAGING", additive: rows cleaned, typed and renamed
CREATE SCHEMA IF NOT EXISTS "SHOPSTREAM_DWH"."STAGING" COMMENT = 'rows cleaned, typed and renamed';

-- schema "SHOPSTREAM_DWH"."CORE", additive: star schema
CREATE SCHEMA IF NOT EXISTS "SHOPSTREAM_DWH"."CORE" COMMENT = 'star schema';

-- schema "SHOPSTREAM_DWH"."MARTS", additive: what people look at
CREATE SCHEMA IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS" COMMENT = 'what people look at';

-- schema "SHOPSTREAM_DWH"."GOVERNANCE", additive: tags, policies, and who may see what
CREATE SCHEMA IF NOT EXISTS "SHOPSTREAM_DWH"."GOVERNANCE" COMMENT = 'tags, policies, and who may see what';

-- storage integration "S3_INTEGRATION", additive: lets Snowflake read the lake
CREATE STORAGE INTEGRATION IF NOT EXISTS "S3_INTEGRATION" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/shopstream-snowflake' STORAGE_ALLOWED_LOCATIONS = ('s3://shopstream-lake/prod/raw/') COMMENT = 'lets Snowflake read the lake';

-- file format "SHOPSTREAM_DWH"."RAW"."PARQUET_FORMAT", additive: the lake's Parquet files
CREATE FILE FORMAT IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."PARQUET_FORMAT" TYPE = PARQUET USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE COMMENT = 'the lake''s Parquet files';

-- file format "SHOPSTREAM_DWH"."RAW"."CSV_FORMAT", additive: the lake's CSV files
CREATE FILE FORMAT IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."CSV_FORMAT" TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '"' ESCAPE_UNENCLOSED_FIELD = NONE EMPTY_FIELD_AS_NULL = TRUE NULL_IF = () PARSE_HEADER = TRUE COMMENT = 'the lake''s CSV files';

-- file format "SHOPSTREAM_DWH"."RAW"."NDJSON_FORMAT", additive: the lake's files of a JSON object a line
CREATE FILE FORMAT IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."NDJSON_FORMAT" TYPE = JSON STRIP_OUTER_ARRAY = FALSE STRIP_NULL_VALUES = FALSE COMMENT = 'the lake''s files of a JSON object a line';

-- stage "SHOPSTREAM_DWH"."RAW"."S3_RAW_STAGE", additive: the lake's raw folder
CREATE STAGE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."S3_RAW_STAGE" URL = 's3://shopstream-lake/prod/raw/' STORAGE_INTEGRATION = "S3_INTEGRATION" COMMENT = 'the lake''s raw folder';

-- tag "SHOPSTREAM_DWH"."GOVERNANCE"."PII", additive: how far a column tells who a person is
CREATE TAG IF NOT EXISTS "SHOPSTREAM_DWH"."GOVERNANCE"."PII" ALLOWED_VALUES 'direct', 'indirect' COMMENT = 'how far a column tells who a person is';

-- table "SHOPSTREAM_DWH"."RAW"."USERS", additive: The shop's customers: an account each.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."USERS" (
    "ID" NUMBER(10,0) NOT NULL COMMENT 'Number of the account.',
    "EMAIL" VARCHAR(255) NOT NULL COMMENT 'E-mail address to log in with.',
    "FIRST_NAME" VARCHAR(100) COMMENT 'Given name.',
    "LAST_NAME" VARCHAR(100) COMMENT 'Family name.',
    "COUNTRY" VARCHAR(3) COMMENT 'Country of residence, ISO 3166 alpha-3.',
    "PLAN_TYPE" VARCHAR(20) COMMENT 'Plan: freemium, premium or enterprise.',
    "CREATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When the account was opened, UTC.',
    "LAST_LOGIN" TIMESTAMP_NTZ(6) COMMENT 'When its owner was last seen, UTC.',
    "IS_ACTIVE" BOOLEAN COMMENT 'Whether the account is open.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    "_SOURCE_FILE" VARCHAR NOT NULL COMMENT 'The file of the lake that it came from.'
) COMMENT = 'The shop''s customers: an account each.';

-- table "SHOPSTREAM_DWH"."RAW"."PRODUCTS", additive: The products of the shop's merchants.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."PRODUCTS" (
    "ID" NUMBER(10,0) NOT NULL COMMENT 'Number of the product.',
    "MERCHANT_ID" NUMBER(10,0) NOT NULL COMMENT 'The merchant who sells it.',
    "NAME" VARCHAR(255) NOT NULL COMMENT 'Name, as shown to customers.',
    "DESCRIPTION" VARCHAR COMMENT 'Description: free text of several lines.',
    "CATEGORY" VARCHAR(100) COMMENT 'Category: Electronics, Fashion, Home, Books, Sports or Beauty.',
    "PRICE" NUMBER(10,2) NOT NULL COMMENT 'Price of one, tax included.',
    "STOCK_QUANTITY" NUMBER(10,0) COMMENT 'How many are in stock.',
    "CREATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it was first offered, UTC.',
    "UPDATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it was last changed, UTC.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    "_SOURCE_FILE" VARCHAR NOT NULL COMMENT 'The file of the lake that it came from.'
) COMMENT = 'The products of the shop''s merchants.';

-- table "SHOPSTREAM_DWH"."RAW"."ORDERS", additive: Customers' orders.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."ORDERS" (
    "ID" NUMBER(10,0) NOT NULL COMMENT 'Number of the order.',
    "USER_ID" NUMBER(10,0) NOT NULL COMMENT 'Who ordered.',
    "CREATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When, UTC.',
    "TOTAL_AMOUNT" NUMBER(10,2) NOT NULL COMMENT 'Sum of the order''s lines, tax included.',
    "STATUS" VARCHAR(20) COMMENT 'Status: pending, paid, shipped, delivered or cancelled.',
    "COUNTRY" VARCHAR(3) COMMENT 'Country of delivery, ISO 3166 alpha-3.',
    "PAYMENT_METHOD" VARCHAR(50) COMMENT 'Means of payment: stripe, paypal or credit_card.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    "_SOURCE_FILE" VARCHAR NOT NULL COMMENT 'The file of the lake that it came from.'
) COMMENT = 'Customers'' orders.';

-- table "SHOPSTREAM_DWH"."RAW"."ORDER_ITEMS", additive: The lines of orders: a product each.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."ORDER_ITEMS" (
    "ID" NUMBER(10,0) NOT NULL COMMENT 'Number of the line.',
    "ORDER_ID" NUMBER(10,0) NOT NULL COMMENT 'The order it is of.',
    "PRODUCT_ID" NUMBER(10,0) NOT NULL COMMENT 'What was ordered.',
    "QUANTITY" NUMBER(10,0) NOT NULL COMMENT 'How many.',
    "UNIT_PRICE" NUMBER(10,2) NOT NULL COMMENT 'Price of one when it was ordered, tax included.',
    "LINE_TOTAL" NUMBER(10,2) NOT NULL COMMENT 'Quantity times price.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    "_SOURCE_FILE" VARCHAR NOT NULL COMMENT 'The file of the lake that it came from.'
) COMMENT = 'The lines of orders: a product each.';

-- table "SHOPSTREAM_DWH"."RAW"."EVENTS", additive: What visitors of the shop's site did.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."EVENTS" (
    "ID" NUMBER(19,0) NOT NULL COMMENT 'Number of the event.',
    "USER_ID" NUMBER(10,0) COMMENT 'Who, if logged in.',
    "EVENT_TYPE" VARCHAR(50) NOT NULL COMMENT 'What: page_view, add_to_cart, checkout_start or purchase.',
    "EVENT_TS" TIMESTAMP_NTZ(6) COMMENT 'When, UTC.',
    "METADATA" VARIANT COMMENT 'More of it: `visitor_id` and `device`; `page_url` of a page_view, `product_id` and `quantity` of an add_to_cart.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    "_SOURCE_FILE" VARCHAR NOT NULL COMMENT 'The file of the lake that it came from.'
) COMMENT = 'What visitors of the shop''s site did.';

-- table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS", additive: People whom the shop's campaigns reached, from the CRM.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" (
    "ID" NUMBER(10,0) NOT NULL COMMENT 'Number of the contact.',
    "EMAIL" VARCHAR(255) NOT NULL COMMENT 'E-mail address.',
    "FIRST_NAME" VARCHAR(100) COMMENT 'Given name.',
    "LAST_NAME" VARCHAR(100) COMMENT 'Family name.',
    "SOURCE" VARCHAR(100) COMMENT 'How the contact was won: organic, paid_ads, referral or email_campaign.',
    "CAMPAIGN_ID" VARCHAR(100) COMMENT 'The campaign that won it.',
    "CREATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When, UTC.',
    "CONVERTED" BOOLEAN COMMENT 'Whether the contact became a customer.',
    "CONVERTED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it did, UTC.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    "_SOURCE_FILE" VARCHAR NOT NULL COMMENT 'The file of the lake that it came from.'
) COMMENT = 'People whom the shop''s campaigns reached, from the CRM.';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_USERS", additive: The shop's customers, an account each: cleaned, typed, renamed.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."STAGING"."STG_USERS" (
    "CUSTOMER_ID" NUMBER(19,0) NOT NULL COMMENT 'Number of the account.',
    "EMAIL" VARCHAR NOT NULL COMMENT 'E-mail address, without space around it and in lower case.',
    "FIRST_NAME" VARCHAR COMMENT 'Given name.',
    "LAST_NAME" VARCHAR COMMENT 'Family name.',
    "COUNTRY_CODE" VARCHAR COMMENT 'Country of residence, ISO 3166 alpha-3, in upper case.',
    "PLAN_TYPE" VARCHAR NOT NULL COMMENT 'Plan, in lower case; freemium where none is known.',
    "REGISTERED_AT" TIMESTAMP_NTZ(6) COMMENT 'When the account was opened, UTC.',
    "LAST_LOGIN_AT" TIMESTAMP_NTZ(6) COMMENT 'When its owner was last seen, UTC.',
    "IS_ACTIVE" BOOLEAN NOT NULL COMMENT 'Whether the account is open; it is where nothing else is known.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    PRIMARY KEY ("CUSTOMER_ID")
) COMMENT = 'The shop''s customers, an account each: cleaned, typed, renamed.';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_PRODUCTS", additive: The products on offer: typed and renamed.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."STAGING"."STG_PRODUCTS" (
    "PRODUCT_ID" NUMBER(19,0) NOT NULL COMMENT 'Number of the product.',
    "MERCHANT_ID" NUMBER(19,0) NOT NULL COMMENT 'The merchant who sells it.',
    "PRODUCT_NAME" VARCHAR NOT NULL COMMENT 'Its name.',
    "PRODUCT_DESCRIPTION" VARCHAR COMMENT 'What it is, in words.',
    "CATEGORY" VARCHAR COMMENT 'Its category.',
    "PRICE" NUMBER(10,2) NOT NULL COMMENT 'Its price today.',
    "STOCK_QUANTITY" NUMBER(19,0) COMMENT 'Pieces in stock.',
    "CREATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it was first offered, UTC.',
    "UPDATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it was last changed, UTC.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    PRIMARY KEY ("PRODUCT_ID")
) COMMENT = 'The products on offer: typed and renamed.';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_ORDERS", additive: The shop's orders: cleaned, typed, renamed; only those with a positive amount.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."STAGING"."STG_ORDERS" (
    "ORDER_ID" NUMBER(19,0) NOT NULL COMMENT 'Number of the order.',
    "CUSTOMER_ID" NUMBER(19,0) NOT NULL COMMENT 'Who ordered.',
    "ORDER_DATE" TIMESTAMP_NTZ(6) COMMENT 'When, UTC.',
    "ORDER_AMOUNT" NUMBER(10,2) NOT NULL COMMENT 'Sum of the order''s lines.',
    "ORDER_STATUS" VARCHAR COMMENT 'PENDING, PAID, SHIPPED, DELIVERED or CANCELLED.',
    "COUNTRY_CODE" VARCHAR COMMENT 'Country of the order, ISO 3166 alpha-3, in upper case.',
    "PAYMENT_METHOD" VARCHAR COMMENT 'How it was paid, in lower case.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    PRIMARY KEY ("ORDER_ID")
) COMMENT = 'The shop''s orders: cleaned, typed, renamed; only those with a positive amount.';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_ORDER_ITEMS", additive: The lines of orders: typed and renamed; only those with a positive quantity.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."STAGING"."STG_ORDER_ITEMS" (
    "ORDER_ITEM_ID" NUMBER(19,0) NOT NULL COMMENT 'Number of the line.',
    "ORDER_ID" NUMBER(19,0) NOT NULL COMMENT 'The order it is of.',
    "PRODUCT_ID" NUMBER(19,0) NOT NULL COMMENT 'What was ordered.',
    "QUANTITY" NUMBER(19,0) NOT NULL COMMENT 'How many pieces.',
    "UNIT_PRICE" NUMBER(10,2) NOT NULL COMMENT 'The price of a piece.',
    "LINE_TOTAL" NUMBER(10,2) NOT NULL COMMENT 'Quantity × unit price.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    PRIMARY KEY ("ORDER_ITEM_ID")
) COMMENT = 'The lines of orders: typed and renamed; only those with a positive quantity.';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS", additive: What visitors did on the shop's pages: typed and renamed, with the known keys of its metadata as columns.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS" (
    "EVENT_ID" NUMBER(19,0) NOT NULL COMMENT 'Number of the event.',
    "CUSTOMER_ID" NUMBER(19,0) COMMENT 'Who did it, when logged in.',
    "VISITOR_ID" VARCHAR COMMENT 'The visitor: `visitor_id` of the metadata, else `user-` and the customer''s number.',
    "EVENT_TYPE" VARCHAR NOT NULL COMMENT 'page_view, add_to_cart, checkout_start or purchase.',
    "EVENT_TS" TIMESTAMP_NTZ(6) COMMENT 'When, UTC.',
    "PAGE_URL" VARCHAR COMMENT 'The page, of a page_view.',
    "DEVICE" VARCHAR COMMENT 'The visitor''s device: mobile, desktop or tablet.',
    "PRODUCT_ID" NUMBER(19,0) COMMENT 'The product, of an add_to_cart.',
    "QUANTITY" NUMBER(19,0) COMMENT 'How many pieces, of an add_to_cart.',
    "METADATA" VARIANT COMMENT 'All of the metadata.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    PRIMARY KEY ("EVENT_ID")
) COMMENT = 'What visitors did on the shop''s pages: typed and renamed, with the known keys of its metadata as columns.';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS", additive: The contacts that campaigns brought: cleaned, typed, renamed.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS" (
    "CONTACT_ID" NUMBER(19,0) NOT NULL COMMENT 'Number of the contact.',
    "EMAIL" VARCHAR NOT NULL COMMENT 'E-mail address, without space around it and in lower case.',
    "FIRST_NAME" VARCHAR COMMENT 'Given name.',
    "LAST_NAME" VARCHAR COMMENT 'Family name.',
    "SOURCE" VARCHAR COMMENT 'Where the contact came from, in lower case: organic, paid_ads, referral or email_campaign.',
    "CAMPAIGN_ID" VARCHAR COMMENT 'The campaign.',
    "CREATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When the contact came, UTC.',
    "CONVERTED" BOOLEAN NOT NULL COMMENT 'Whether the contact became a customer; not where nothing is known.',
    "CONVERTED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it did, UTC.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    PRIMARY KEY ("CONTACT_ID")
) COMMENT = 'The contacts that campaigns brought: cleaned, typed, renamed.';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_DATE", additive: The calendar: a row a day, from the start date to the end of the year.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."CORE"."DIM_DATE" (
    "DATE_KEY" DATE NOT NULL COMMENT 'The day.',
    "YEAR" NUMBER(19,0) NOT NULL COMMENT 'Its year.',
    "QUARTER" NUMBER(19,0) NOT NULL COMMENT 'Its quarter, 1 to 4.',
    "MONTH" NUMBER(19,0) NOT NULL COMMENT 'Its month, 1 to 12.',
    "MONTH_NAME" VARCHAR NOT NULL COMMENT 'Its month''s English name.',
    "DAY" NUMBER(19,0) NOT NULL COMMENT 'Its day of the month.',
    "DAY_OF_WEEK" NUMBER(19,0) NOT NULL COMMENT 'Its day of the week: Monday is 1 (ISO 8601).',
    "DAY_NAME" VARCHAR NOT NULL COMMENT 'Its day''s English name.',
    "ISO_YEAR" NUMBER(19,0) NOT NULL COMMENT 'The year of its week (ISO 8601).',
    "ISO_WEEK" NUMBER(19,0) NOT NULL COMMENT 'Its week, 1 to 53 (ISO 8601).',
    "DAY_OF_YEAR" NUMBER(19,0) NOT NULL COMMENT 'Its day of the year, from 1.',
    "IS_WEEKEND" BOOLEAN NOT NULL COMMENT 'Whether it is a Saturday or a Sunday.',
    "IS_MONTH_START" BOOLEAN NOT NULL COMMENT 'Whether it is the first of its month.',
    "IS_MONTH_END" BOOLEAN NOT NULL COMMENT 'Whether it is the last of its month.',
    PRIMARY KEY ("DATE_KEY")
) COMMENT = 'The calendar: a row a day, from the start date to the end of the year.';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: The customers, an account each, and what they bought.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" (
    "CUSTOMER_KEY" NUMBER(19,0) NOT NULL COMMENT 'The customer.',
    "EMAIL" VARCHAR NOT NULL COMMENT 'E-mail address.',
    "FIRST_NAME" VARCHAR COMMENT 'Given name.',
    "LAST_NAME" VARCHAR COMMENT 'Family name.',
    "FULL_NAME" VARCHAR COMMENT 'Given and family name, those that are known.',
    "COUNTRY_CODE" VARCHAR COMMENT 'Country of residence.',
    "CUSTOMER_SEGMENT" VARCHAR NOT NULL COMMENT 'Premium or Freemium, by the plan.',
    "PLAN_TYPE" VARCHAR NOT NULL COMMENT 'The plan.',
    "IS_ACTIVE" BOOLEAN NOT NULL COMMENT 'Whether the account is open.',
    "REGISTRATION_DATE" TIMESTAMP_NTZ(6) COMMENT 'When the account was opened, UTC.',
    "LAST_LOGIN" TIMESTAMP_NTZ(6) COMMENT 'When its owner was last seen, UTC.',
    "FIRST_ORDER_DATE" TIMESTAMP_NTZ(6) COMMENT 'The first sale, UTC.',
    "LAST_ORDER_DATE" TIMESTAMP_NTZ(6) COMMENT 'The last sale, UTC.',
    "TOTAL_ORDERS" NUMBER(19,0) NOT NULL COMMENT 'How many sales.',
    "LIFETIME_VALUE" NUMBER(38,2) NOT NULL COMMENT 'The sum of the sales'' amounts.',
    "CUSTOMER_STATUS" VARCHAR NOT NULL COMMENT 'By the days since the last sale: Active, At Risk, Churned or No Purchase.',
    "_BUILT_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the build began.',
    PRIMARY KEY ("CUSTOMER_KEY")
) COMMENT = 'The customers, an account each, and what they bought.';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_PRODUCTS", additive: The products, and how they sold.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."CORE"."DIM_PRODUCTS" (
    "PRODUCT_KEY" NUMBER(19,0) NOT NULL COMMENT 'The product.',
    "PRODUCT_NAME" VARCHAR NOT NULL COMMENT 'Its name.',
    "PRODUCT_DESCRIPTION" VARCHAR COMMENT 'What it is, in words.',
    "PRODUCT_CATEGORY" VARCHAR COMMENT 'Its category.',
    "MERCHANT_ID" NUMBER(19,0) NOT NULL COMMENT 'The merchant who sells it.',
    "CURRENT_PRICE" NUMBER(10,2) NOT NULL COMMENT 'Its price today.',
    "CURRENT_STOCK" NUMBER(19,0) COMMENT 'Pieces in stock today.',
    "TOTAL_QUANTITY_SOLD" NUMBER(19,0) NOT NULL COMMENT 'Pieces sold.',
    "TOTAL_REVENUE" NUMBER(38,2) NOT NULL COMMENT 'The sum of its sold lines.',
    "TOTAL_ORDERS" NUMBER(19,0) NOT NULL COMMENT 'In how many sales it was.',
    "PRODUCT_STATUS" VARCHAR NOT NULL COMMENT 'Active when it was ever sold, else No Sales.',
    "PRODUCT_CREATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it was first offered, UTC.',
    "PRODUCT_UPDATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When it was last changed, UTC.',
    "_BUILT_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the build began.',
    PRIMARY KEY ("PRODUCT_KEY")
) COMMENT = 'The products, and how they sold.';

-- table "SHOPSTREAM_DWH"."CORE"."FACT_ORDERS", additive: What was ordered: a row an order line whose order is on or after the start date.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."CORE"."FACT_ORDERS" (
    "ORDER_ITEM_KEY" NUMBER(19,0) NOT NULL COMMENT 'The line.',
    "ORDER_KEY" NUMBER(19,0) NOT NULL COMMENT 'The order.',
    "CUSTOMER_KEY" NUMBER(19,0) NOT NULL COMMENT 'Who ordered.',
    "PRODUCT_KEY" NUMBER(19,0) NOT NULL COMMENT 'What was ordered.',
    "MERCHANT_ID" NUMBER(19,0) COMMENT 'The merchant of the product, where the product is known: for security by row.',
    "DATE_KEY" DATE NOT NULL COMMENT 'The day of the order.',
    "ORDER_STATUS" VARCHAR COMMENT 'The order''s status.',
    "COUNTRY_CODE" VARCHAR COMMENT 'The order''s country.',
    "PAYMENT_METHOD" VARCHAR COMMENT 'How the order was paid.',
    "ORDER_TIMESTAMP" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When it was ordered, UTC.',
    "QUANTITY_SOLD" NUMBER(19,0) NOT NULL COMMENT 'Pieces.',
    "UNIT_PRICE" NUMBER(10,2) NOT NULL COMMENT 'The price of a piece.',
    "LINE_REVENUE" NUMBER(10,2) NOT NULL COMMENT 'The line''s amount.',
    "ORDER_TOTAL" NUMBER(10,2) NOT NULL COMMENT 'The whole order''s amount, on each of its lines.',
    "ESTIMATED_MARGIN" NUMBER(38,4) NOT NULL COMMENT 'The line''s amount × the margin rate, exact.',
    "IS_COMPLETED" BOOLEAN NOT NULL COMMENT 'Whether the order is a sale.',
    "IS_CANCELLED" BOOLEAN NOT NULL COMMENT 'Whether the order was called off.',
    PRIMARY KEY ("ORDER_ITEM_KEY")
) COMMENT = 'What was ordered: a row an order line whose order is on or after the start date.';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_SALES_OVERVIEW", additive: Sales by day, country, category and segment. An order with two categories is in two rows: orders add up over the other columns only, see `mart_order_trends`.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS"."MART_SALES_OVERVIEW" (
    "SALE_DATE" DATE NOT NULL COMMENT 'The day of the orders.',
    "COUNTRY_CODE" VARCHAR NOT NULL COMMENT 'The orders'' country; Unknown where there is none.',
    "PRODUCT_CATEGORY" VARCHAR NOT NULL COMMENT 'The products'' category; Unknown where there is none, or no such product.',
    "CUSTOMER_SEGMENT" VARCHAR NOT NULL COMMENT 'The customers'' segment; Unknown where there is no such customer.',
    "TOTAL_ORDERS" NUMBER(19,0) NOT NULL COMMENT 'How many orders.',
    "UNIQUE_CUSTOMERS" NUMBER(19,0) NOT NULL COMMENT 'How many customers.',
    "TOTAL_QUANTITY" NUMBER(19,0) NOT NULL COMMENT 'How many pieces.',
    "TOTAL_REVENUE" NUMBER(38,2) NOT NULL COMMENT 'The sum of the lines'' amounts.',
    "TOTAL_MARGIN" NUMBER(38,4) NOT NULL COMMENT 'The sum of the lines'' margins.',
    "AVG_ORDER_VALUE" NUMBER(38,2) COMMENT 'The mean amount of the orders, each counted once and whole.',
    "REVENUE_PER_ORDER" NUMBER(38,2) COMMENT 'Revenue over orders.',
    "MARGIN_RATE" NUMBER(18,6) COMMENT 'Margin over revenue.',
    PRIMARY KEY ("SALE_DATE", "COUNTRY_CODE", "PRODUCT_CATEGORY", "CUSTOMER_SEGMENT")
) COMMENT = 'Sales by day, country, category and segment. An order with two categories is in two rows: orders add up over the other columns only, see `mart_order_trends`.';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_PRODUCT_PERFORMANCE", additive: How products sell: a row a product that was sold, the most revenue first.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS"."MART_PRODUCT_PERFORMANCE" (
    "PRODUCT_KEY" NUMBER(19,0) NOT NULL COMMENT 'The product.',
    "PRODUCT_NAME" VARCHAR COMMENT 'Its name, where it is known.',
    "PRODUCT_CATEGORY" VARCHAR COMMENT 'Its category, where it is known.',
    "TOTAL_ORDERS" NUMBER(19,0) NOT NULL COMMENT 'In how many orders it was.',
    "TOTAL_QUANTITY_SOLD" NUMBER(19,0) NOT NULL COMMENT 'How many pieces were sold.',
    "TOTAL_REVENUE" NUMBER(38,2) NOT NULL COMMENT 'The sum of its lines'' amounts.',
    "AVG_UNIT_PRICE" NUMBER(38,2) NOT NULL COMMENT 'The mean price of a piece over its lines.',
    "TOTAL_MARGIN" NUMBER(38,4) NOT NULL COMMENT 'The sum of its lines'' margins.',
    "MARGIN_RATE" NUMBER(18,6) COMMENT 'Margin over revenue.',
    "FIRST_SALE_DATE" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'Its first sale, UTC.',
    "LAST_SALE_DATE" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'Its last sale, UTC.',
    "REVENUE_RANK" NUMBER(19,0) NOT NULL COMMENT 'Its place by revenue: 1 is the most.',
    "REVENUE_PCT" NUMBER(18,6) COMMENT 'Its share of all revenue.',
    "CUMULATIVE_REVENUE_PCT" NUMBER(18,6) COMMENT 'The share of it and all before it.',
    "ABC_CLASS" VARCHAR NOT NULL COMMENT 'A while those before it have less than 80 % of all revenue, B while less than 95 %, else C.',
    "PERFORMANCE_TIER" VARCHAR NOT NULL COMMENT 'Top 10, Top 50 or Long Tail, by rank.',
    PRIMARY KEY ("PRODUCT_KEY")
) COMMENT = 'How products sell: a row a product that was sold, the most revenue first.';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV", additive: What customers are worth, and how likely they are to leave: a row a customer who bought.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV" (
    "CUSTOMER_KEY" NUMBER(19,0) NOT NULL COMMENT 'The customer.',
    "EMAIL" VARCHAR COMMENT 'E-mail address, where the customer is known.',
    "FULL_NAME" VARCHAR COMMENT 'Full name, where it is known.',
    "COUNTRY_CODE" VARCHAR COMMENT 'Country of residence, where it is known.',
    "CUSTOMER_SEGMENT" VARCHAR NOT NULL COMMENT 'Premium or Freemium; Unknown where there is no such customer.',
    "CUSTOMER_STATUS" VARCHAR COMMENT 'Active, At Risk or Churned, where the customer is known.',
    "LAST_ORDER_DATE" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'The last sale, UTC.',
    "DAYS_SINCE_LAST_ORDER" NUMBER(19,0) NOT NULL COMMENT 'Days since then.',
    "TOTAL_ORDERS" NUMBER(19,0) NOT NULL COMMENT 'How many orders.',
    "CUSTOMER_LIFESPAN_DAYS" NUMBER(19,0) NOT NULL COMMENT 'Days from the first sale to the last.',
    "LIFETIME_VALUE" NUMBER(38,2) NOT NULL COMMENT 'The sum of the lines'' amounts.',
    "AVG_ORDER_VALUE" NUMBER(38,2) NOT NULL COMMENT 'The mean amount of the orders, each counted once.',
    "FIRST_ORDER_DATE" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'The first sale, UTC.',
    "RECENCY_SCORE" NUMBER(19,0) NOT NULL COMMENT 'By the days since the last sale, in fifths: 5 is the least.',
    "FREQUENCY_SCORE" NUMBER(19,0) NOT NULL COMMENT 'By the orders, in fifths: 5 is the most.',
    "MONETARY_SCORE" NUMBER(19,0) NOT NULL COMMENT 'By the lifetime value, in fifths: 5 is the most.',
    "RFM_TOTAL_SCORE" NUMBER(19,0) NOT NULL COMMENT 'The sum of the three.',
    "RFM_SEGMENT" VARCHAR NOT NULL COMMENT 'What the three say: see [`rfm_segment`].',
    "CHURN_RISK" VARCHAR NOT NULL COMMENT 'High, Medium or Low, by the days since the last sale.',
    PRIMARY KEY ("CUSTOMER_KEY")
) COMMENT = 'What customers are worth, and how likely they are to leave: a row a customer who bought.';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_ORDER_TRENDS", additive: Orders by day, country and segment. An order is in one row alone: its orders and revenue add up.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS"."MART_ORDER_TRENDS" (
    "SALE_DATE" DATE NOT NULL COMMENT 'The day of the orders.',
    "COUNTRY_CODE" VARCHAR NOT NULL COMMENT 'The orders'' country; Unknown where there is none.',
    "CUSTOMER_SEGMENT" VARCHAR NOT NULL COMMENT 'The customers'' segment; Unknown where there is no such customer.',
    "ORDERS" NUMBER(19,0) NOT NULL COMMENT 'How many orders.',
    "CUSTOMERS" NUMBER(19,0) NOT NULL COMMENT 'How many customers.',
    "NEW_CUSTOMERS" NUMBER(19,0) NOT NULL COMMENT 'How many of them bought for the first time that day.',
    "REVENUE" NUMBER(38,2) NOT NULL COMMENT 'The sum of the lines'' amounts.',
    "AVG_ORDER_VALUE" NUMBER(38,2) COMMENT 'The mean amount of the orders.',
    PRIMARY KEY ("SALE_DATE", "COUNTRY_CODE", "CUSTOMER_SEGMENT")
) COMMENT = 'Orders by day, country and segment. An order is in one row alone: its orders and revenue add up.';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_CONVERSION_FUNNEL", additive: How far visitors come, by day and device. Events without a time are of no day, and not counted.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS"."MART_CONVERSION_FUNNEL" (
    "EVENT_DATE" DATE NOT NULL COMMENT 'The day of the events.',
    "DEVICE" VARCHAR NOT NULL COMMENT 'The visitors'' device; unknown where there is none.',
    "VISITORS" NUMBER(19,0) NOT NULL COMMENT 'How many visitors.',
    "VIEWED" NUMBER(19,0) NOT NULL COMMENT 'How many of them viewed a page.',
    "ADDED_TO_CART" NUMBER(19,0) NOT NULL COMMENT 'How many put something into the cart.',
    "STARTED_CHECKOUT" NUMBER(19,0) NOT NULL COMMENT 'How many went to the checkout.',
    "PURCHASED" NUMBER(19,0) NOT NULL COMMENT 'How many bought.',
    "CART_RATE" NUMBER(18,6) COMMENT 'Those who put something into the cart, over all visitors.',
    "CHECKOUT_RATE" NUMBER(18,6) COMMENT 'Those who went to the checkout, over all visitors.',
    "PURCHASE_RATE" NUMBER(18,6) COMMENT 'Those who bought, over all visitors.',
    PRIMARY KEY ("EVENT_DATE", "DEVICE")
) COMMENT = 'How far visitors come, by day and device. Events without a time are of no day, and not counted.';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_SIGNUP_FUNNEL", additive: From visit to account to first order, day by day: the days on which there was one of the three.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS"."MART_SIGNUP_FUNNEL" (
    "ACTIVITY_DATE" DATE NOT NULL COMMENT 'The day.',
    "VISITORS" NUMBER(19,0) NOT NULL COMMENT 'How many visitors did something on the shop''s pages.',
    "SIGNUPS" NUMBER(19,0) NOT NULL COMMENT 'How many accounts were opened.',
    "FIRST_ORDERS" NUMBER(19,0) NOT NULL COMMENT 'How many customers bought for the first time.',
    "SIGNUP_RATE" NUMBER(18,6) COMMENT 'Accounts over visitors.',
    "ORDER_RATE" NUMBER(18,6) COMMENT 'First orders over accounts.',
    PRIMARY KEY ("ACTIVITY_DATE")
) COMMENT = 'From visit to account to first order, day by day: the days on which there was one of the three.';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_CAMPAIGN_CONVERSION", additive: What campaigns bring: contacts, how many became customers, and what those bought.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."MARTS"."MART_CAMPAIGN_CONVERSION" (
    "SOURCE" VARCHAR NOT NULL COMMENT 'Where the contacts came from; Unknown where nothing is known.',
    "CAMPAIGN_ID" VARCHAR NOT NULL COMMENT 'The campaign; Unknown where there is none.',
    "CONTACTS" NUMBER(19,0) NOT NULL COMMENT 'How many contacts.',
    "CONVERTED" NUMBER(19,0) NOT NULL COMMENT 'How many of them converted.',
    "CONVERSION_RATE" NUMBER(18,6) COMMENT 'Those who converted, over all contacts.',
    "AVG_DAYS_TO_CONVERT" NUMBER(38,2) COMMENT 'The mean of whole days from contact to conversion, where both are known.',
    "CUSTOMERS" NUMBER(19,0) NOT NULL COMMENT 'How many contacts have the e-mail address of a customer.',
    "REVENUE" NUMBER(38,2) NOT NULL COMMENT 'The sum of those customers'' sales.',
    PRIMARY KEY ("SOURCE", "CAMPAIGN_ID")
) COMMENT = 'What campaigns bring: contacts, how many became customers, and what those bought.';

-- table "SHOPSTREAM_DWH"."RAW"."_LOADS", additive: What was loaded: a row for each table and run, written in the transaction that shows the rows.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."_LOADS" (
    "RUN" VARCHAR NOT NULL COMMENT 'The run.',
    "TABLE_NAME" VARCHAR NOT NULL COMMENT 'The table that the rows landed in.',
    "LOAD_DATE" DATE NOT NULL COMMENT 'The date of the partition that was loaded.',
    "DIGEST" VARCHAR NOT NULL COMMENT 'The digest of its manifest.',
    "ROW_COUNT" NUMBER(19,0) NOT NULL COMMENT 'How many rows it has.',
    "LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When it was loaded, UTC.',
    PRIMARY KEY ("RUN", "TABLE_NAME")
) COMMENT = 'What was loaded: a row for each table and run, written in the transaction that shows the rows.';

-- table "SHOPSTREAM_DWH"."RAW"."_CLAIMS", additive: Which process has a run's build: the one that opened it last. Whoever had it before is told so at its next write.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."_CLAIMS" (
    "RUN" VARCHAR NOT NULL COMMENT 'The run.',
    "CLAIM" VARCHAR NOT NULL COMMENT 'What tells its holder from others.',
    "CLAIMED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'Since when, UTC.',
    PRIMARY KEY ("RUN")
) COMMENT = 'Which process has a run''s build: the one that opened it last. Whoever had it before is told so at its next write.';

-- table "SHOPSTREAM_DWH"."RAW"."_BUILDS", additive: The tables of builds: what runs have made and nobody sees yet.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."_BUILDS" (
    "RUN" VARCHAR NOT NULL COMMENT 'The run.',
    "TABLE_NAME" VARCHAR NOT NULL COMMENT 'The table that it will be.',
    "NUMBER" NUMBER(19,0) NOT NULL COMMENT 'Which of the build''s tables it is, in the order in which they were made.',
    "KEPT" VARCHAR NOT NULL COMMENT 'How it is kept: table, view or merge.',
    "TABLE_SCHEMA" VARCHAR NOT NULL COMMENT 'The columns, as JSON.',
    "DEFINITION" VARCHAR COMMENT 'Of a view, the query over what is published.',
    "ROW_COUNT" NUMBER(19,0) NOT NULL COMMENT 'How many rows it has.',
    "LOAD_DATE" DATE COMMENT 'The date of the partition that was loaded.',
    "DIGEST" VARCHAR COMMENT 'The digest of its manifest.',
    "BUILT_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When it was made, UTC.',
    PRIMARY KEY ("RUN", "TABLE_NAME")
) COMMENT = 'The tables of builds: what runs have made and nobody sees yet.';

-- table "SHOPSTREAM_DWH"."RAW"."_TABLES", additive: The tables that are published, as the last publish left them.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."_TABLES" (
    "TABLE_NAME" VARCHAR NOT NULL COMMENT 'The table.',
    "RUN" VARCHAR NOT NULL COMMENT 'The run that published it.',
    "VERSION" NUMBER(19,0) NOT NULL COMMENT 'The publish, counted from 1.',
    "KEPT" VARCHAR NOT NULL COMMENT 'How it is kept: table, view or merge.',
    "TABLE_SCHEMA" VARCHAR NOT NULL COMMENT 'The columns, as JSON.',
    "DEFINITION" VARCHAR COMMENT 'Of a view, its query.',
    "ROW_COUNT" NUMBER(19,0) NOT NULL COMMENT 'How many rows it had.',
    "LOAD_DATE" DATE COMMENT 'The date of the partition that it holds.',
    "DIGEST" VARCHAR COMMENT 'The digest of its manifest.',
    "PUBLISHED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When it was published, UTC.',
    PRIMARY KEY ("TABLE_NAME")
) COMMENT = 'The tables that are published, as the last publish left them.';

-- table "SHOPSTREAM_DWH"."RAW"."_REJECTS", additive: Where a bad row stands that a load set aside, and why; never a cell's value. It lands as `raw._rejects`, with the columns of the rows that a source of files sets aside.
CREATE TABLE IF NOT EXISTS "SHOPSTREAM_DWH"."RAW"."_REJECTS" (
    "TABLE_NAME" VARCHAR NOT NULL COMMENT 'The table that it would have been a row of.',
    "NUMBER" NUMBER(19,0) NOT NULL COMMENT 'Which of the table''s bad rows it is; the first is 1.',
    "FILE" VARCHAR NOT NULL COMMENT 'The file.',
    "LINE" NUMBER(19,0) NOT NULL COMMENT 'The line in which the row starts; the first is 1.',
    "COLUMN_NAME" VARCHAR COMMENT 'The column whose value is bad; NULL where it is the row as a whole.',
    "REASON" VARCHAR NOT NULL COMMENT 'What is wrong.',
    "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the row was loaded.',
    "_SOURCE_FILE" VARCHAR NOT NULL COMMENT 'The file of the lake that it came from.'
) COMMENT = 'Where a bad row stands that a load set aside, and why; never a cell''s value. It lands as `raw._rejects`, with the columns of the rows that a source of files sets aside.';

-- table "SHOPSTREAM_DWH"."RAW"."USERS", additive: column "EMAIL" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."USERS" MODIFY COLUMN "EMAIL" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."RAW"."USERS", additive: column "FIRST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."USERS" MODIFY COLUMN "FIRST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."RAW"."USERS", additive: column "LAST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."USERS" MODIFY COLUMN "LAST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."RAW"."USERS", additive: column "COUNTRY" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."USERS" MODIFY COLUMN "COUNTRY" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."USERS", additive: column "CREATED_AT" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."USERS" MODIFY COLUMN "CREATED_AT" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."USERS", additive: column "LAST_LOGIN" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."USERS" MODIFY COLUMN "LAST_LOGIN" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."ORDERS", additive: column "USER_ID" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."ORDERS" MODIFY COLUMN "USER_ID" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."ORDERS", additive: column "COUNTRY" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."ORDERS" MODIFY COLUMN "COUNTRY" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."EVENTS", additive: column "USER_ID" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."EVENTS" MODIFY COLUMN "USER_ID" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."EVENTS", additive: column "METADATA" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."EVENTS" MODIFY COLUMN "METADATA" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS", additive: column "EMAIL" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" MODIFY COLUMN "EMAIL" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS", additive: column "FIRST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" MODIFY COLUMN "FIRST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS", additive: column "LAST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" MODIFY COLUMN "LAST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS", additive: column "CREATED_AT" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" MODIFY COLUMN "CREATED_AT" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS", additive: column "CONVERTED_AT" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" MODIFY COLUMN "CONVERTED_AT" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_USERS", additive: column "EMAIL" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_USERS" MODIFY COLUMN "EMAIL" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_USERS", additive: column "FIRST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_USERS" MODIFY COLUMN "FIRST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_USERS", additive: column "LAST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_USERS" MODIFY COLUMN "LAST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_USERS", additive: column "COUNTRY_CODE" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_USERS" MODIFY COLUMN "COUNTRY_CODE" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_USERS", additive: column "REGISTERED_AT" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_USERS" MODIFY COLUMN "REGISTERED_AT" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_USERS", additive: column "LAST_LOGIN_AT" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_USERS" MODIFY COLUMN "LAST_LOGIN_AT" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS", additive: column "VISITOR_ID" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS" MODIFY COLUMN "VISITOR_ID" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS", additive: column "METADATA" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS" MODIFY COLUMN "METADATA" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS", additive: column "EMAIL" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS" MODIFY COLUMN "EMAIL" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS", additive: column "FIRST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS" MODIFY COLUMN "FIRST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS", additive: column "LAST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS" MODIFY COLUMN "LAST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: column "EMAIL" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" MODIFY COLUMN "EMAIL" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: column "FIRST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" MODIFY COLUMN "FIRST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: column "LAST_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" MODIFY COLUMN "LAST_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: column "FULL_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" MODIFY COLUMN "FULL_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: column "COUNTRY_CODE" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" MODIFY COLUMN "COUNTRY_CODE" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: column "REGISTRATION_DATE" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" MODIFY COLUMN "REGISTRATION_DATE" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS", additive: column "LAST_LOGIN" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" MODIFY COLUMN "LAST_LOGIN" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV", additive: column "EMAIL" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV" MODIFY COLUMN "EMAIL" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV", additive: column "FULL_NAME" is personal data, direct
ALTER TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV" MODIFY COLUMN "FULL_NAME" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'direct';

-- table "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV", additive: column "COUNTRY_CODE" is personal data, indirect
ALTER TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV" MODIFY COLUMN "COUNTRY_CODE" SET TAG "SHOPSTREAM_DWH"."GOVERNANCE"."PII" = 'indirect';

-- role "SYSADMIN", additive: may do all that role "LOADER" may
GRANT ROLE "LOADER" TO ROLE "SYSADMIN";

-- role "SYSADMIN", additive: may do all that role "TRANSFORMER" may
GRANT ROLE "TRANSFORMER" TO ROLE "SYSADMIN";

-- role "SYSADMIN", additive: may do all that role "REPORTER" may
GRANT ROLE "REPORTER" TO ROLE "SYSADMIN";

-- role "LOADER", additive: USAGE on warehouse "LOADING_WH"
GRANT USAGE ON WAREHOUSE "LOADING_WH" TO ROLE "LOADER";

-- role "LOADER", additive: USAGE on database "SHOPSTREAM_DWH"
GRANT USAGE ON DATABASE "SHOPSTREAM_DWH" TO ROLE "LOADER";

-- role "LOADER", additive: USAGE, CREATE TABLE on schema "SHOPSTREAM_DWH"."RAW"
GRANT USAGE, CREATE TABLE ON SCHEMA "SHOPSTREAM_DWH"."RAW" TO ROLE "LOADER";

-- role "LOADER", additive: USAGE on stage "SHOPSTREAM_DWH"."RAW"."S3_RAW_STAGE"
GRANT USAGE ON STAGE "SHOPSTREAM_DWH"."RAW"."S3_RAW_STAGE" TO ROLE "LOADER";

-- role "LOADER", additive: USAGE on file format "SHOPSTREAM_DWH"."RAW"."PARQUET_FORMAT"
GRANT USAGE ON FILE FORMAT "SHOPSTREAM_DWH"."RAW"."PARQUET_FORMAT" TO ROLE "LOADER";

-- role "LOADER", additive: USAGE on file format "SHOPSTREAM_DWH"."RAW"."CSV_FORMAT"
GRANT USAGE ON FILE FORMAT "SHOPSTREAM_DWH"."RAW"."CSV_FORMAT" TO ROLE "LOADER";

-- role "LOADER", additive: USAGE on file format "SHOPSTREAM_DWH"."RAW"."NDJSON_FORMAT"
GRANT USAGE ON FILE FORMAT "SHOPSTREAM_DWH"."RAW"."NDJSON_FORMAT" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."USERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."USERS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."PRODUCTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."PRODUCTS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."ORDERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."ORDERS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."ORDER_ITEMS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."ORDER_ITEMS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."EVENTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."EVENTS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_LOADS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_LOADS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_CLAIMS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_CLAIMS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_BUILDS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_BUILDS" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_TABLES"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_TABLES" TO ROLE "LOADER";

-- role "LOADER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_REJECTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_REJECTS" TO ROLE "LOADER";

-- role "TRANSFORMER", additive: USAGE on warehouse "TRANSFORM_WH"
GRANT USAGE ON WAREHOUSE "TRANSFORM_WH" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: USAGE on database "SHOPSTREAM_DWH"
GRANT USAGE ON DATABASE "SHOPSTREAM_DWH" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: USAGE on schema "SHOPSTREAM_DWH"."RAW"
GRANT USAGE ON SCHEMA "SHOPSTREAM_DWH"."RAW" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."USERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."USERS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."PRODUCTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."PRODUCTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."ORDERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."ORDERS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."ORDER_ITEMS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."ORDER_ITEMS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."EVENTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."EVENTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."CRM_CONTACTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_LOADS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_LOADS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_CLAIMS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_CLAIMS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_BUILDS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_BUILDS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_TABLES"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_TABLES" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."RAW"."_REJECTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."RAW"."_REJECTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT on tables that will be in "SHOPSTREAM_DWH"."RAW"
GRANT SELECT ON FUTURE TABLES IN SCHEMA "SHOPSTREAM_DWH"."RAW" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: USAGE, CREATE FUNCTION on schema "SHOPSTREAM_DWH"."PUBLIC"
GRANT USAGE, CREATE FUNCTION ON SCHEMA "SHOPSTREAM_DWH"."PUBLIC" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: USAGE, CREATE TABLE, CREATE VIEW on schema "SHOPSTREAM_DWH"."STAGING"
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA "SHOPSTREAM_DWH"."STAGING" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: USAGE, CREATE TABLE, CREATE VIEW on schema "SHOPSTREAM_DWH"."CORE"
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA "SHOPSTREAM_DWH"."CORE" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: USAGE, CREATE TABLE, CREATE VIEW on schema "SHOPSTREAM_DWH"."MARTS"
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA "SHOPSTREAM_DWH"."MARTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."STAGING"."STG_USERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."STAGING"."STG_USERS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."STAGING"."STG_PRODUCTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."STAGING"."STG_PRODUCTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."STAGING"."STG_ORDERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."STAGING"."STG_ORDERS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."STAGING"."STG_ORDER_ITEMS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."STAGING"."STG_ORDER_ITEMS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."STAGING"."STG_EVENTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."STAGING"."STG_CRM_CONTACTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."CORE"."DIM_DATE"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."CORE"."DIM_DATE" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."CORE"."DIM_CUSTOMERS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."CORE"."DIM_PRODUCTS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."CORE"."DIM_PRODUCTS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."CORE"."FACT_ORDERS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."CORE"."FACT_ORDERS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."MARTS"."MART_SALES_OVERVIEW"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_SALES_OVERVIEW" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."MARTS"."MART_PRODUCT_PERFORMANCE"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_PRODUCT_PERFORMANCE" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."MARTS"."MART_ORDER_TRENDS"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_ORDER_TRENDS" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."MARTS"."MART_CONVERSION_FUNNEL"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CONVERSION_FUNNEL" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."MARTS"."MART_SIGNUP_FUNNEL"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_SIGNUP_FUNNEL" TO ROLE "TRANSFORMER";

-- role "TRANSFORMER", additive: SELECT, INSERT, UPDATE, DELETE on table "SHOPSTREAM_DWH"."MARTS"."MART_CAMPAIGN_CONVERSION"
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CAMPAIGN_CONVERSION" TO ROLE "TRANSFORMER";

-- role "REPORTER", additive: USAGE on warehouse "BI_WH"
GRANT USAGE ON WAREHOUSE "BI_WH" TO ROLE "REPORTER";

-- role "REPORTER", additive: USAGE on database "SHOPSTREAM_DWH"
GRANT USAGE ON DATABASE "SHOPSTREAM_DWH" TO ROLE "REPORTER";

-- role "REPORTER", additive: USAGE on schema "SHOPSTREAM_DWH"."MARTS"
GRANT USAGE ON SCHEMA "SHOPSTREAM_DWH"."MARTS" TO ROLE "REPORTER";

-- role "REPORTER", additive: SELECT on table "SHOPSTREAM_DWH"."MARTS"."MART_SALES_OVERVIEW"
GRANT SELECT ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_SALES_OVERVIEW" TO ROLE "REPORTER";

-- role "REPORTER", additive: SELECT on table "SHOPSTREAM_DWH"."MARTS"."MART_PRODUCT_PERFORMANCE"
GRANT SELECT ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_PRODUCT_PERFORMANCE" TO ROLE "REPORTER";

-- role "REPORTER", additive: SELECT on table "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV"
GRANT SELECT ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CUSTOMER_LTV" TO ROLE "REPORTER";

-- role "REPORTER", additive: SELECT on table "SHOPSTREAM_DWH"."MARTS"."MART_ORDER_TRENDS"
GRANT SELECT ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_ORDER_TRENDS" TO ROLE "REPORTER";

-- role "REPORTER", additive: SELECT on table "SHOPSTREAM_DWH"."MARTS"."MART_CONVERSION_FUNNEL"
GRANT SELECT ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CONVERSION_FUNNEL" TO ROLE "REPORTER";

-- role "REPORTER", additive: SELECT on table "SHOPSTREAM_DWH"."MARTS"."MART_SIGNUP_FUNNEL"
GRANT SELECT ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_SIGNUP_FUNNEL" TO ROLE "REPORTER";

-- role "REPORTER", additive: SELECT on table "SHOPSTREAM_DWH"."MARTS"."MART_CAMPAIGN_CONVERSION"
GRANT SELECT ON TABLE "SHOPSTREAM_DWH"."MARTS"."MART_CAMPAIGN_CONVERSION" TO ROLE "REPORTER";
