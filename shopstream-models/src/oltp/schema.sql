CREATE TABLE "public"."users" (
    "id" serial NOT NULL,
    "email" varchar(255) NOT NULL UNIQUE,
    "first_name" varchar(100),
    "last_name" varchar(100),
    "country" varchar(3),
    "plan_type" varchar(20) DEFAULT 'freemium',
    "created_at" timestamp DEFAULT now(),
    "last_login" timestamp,
    "is_active" boolean DEFAULT true,
    PRIMARY KEY ("id")
);
CREATE TABLE "public"."products" (
    "id" serial NOT NULL,
    "merchant_id" integer NOT NULL,
    "name" varchar(255) NOT NULL,
    "description" text,
    "category" varchar(100),
    "price" numeric(10,2) NOT NULL,
    "stock_quantity" integer DEFAULT 0,
    "created_at" timestamp DEFAULT now(),
    "updated_at" timestamp DEFAULT now(),
    PRIMARY KEY ("id")
);
CREATE TABLE "public"."orders" (
    "id" serial NOT NULL,
    "user_id" integer NOT NULL,
    "created_at" timestamp DEFAULT now(),
    "total_amount" numeric(10,2) NOT NULL,
    "status" varchar(20) DEFAULT 'pending',
    "country" varchar(3),
    "payment_method" varchar(50),
    PRIMARY KEY ("id")
);
CREATE TABLE "public"."order_items" (
    "id" serial NOT NULL,
    "order_id" integer NOT NULL,
    "product_id" integer NOT NULL,
    "quantity" integer NOT NULL,
    "unit_price" numeric(10,2) NOT NULL,
    "line_total" numeric(10,2) NOT NULL,
    PRIMARY KEY ("id")
);
CREATE TABLE "public"."events" (
    "id" bigserial NOT NULL,
    "user_id" integer,
    "event_type" varchar(50) NOT NULL,
    "event_ts" timestamp DEFAULT now(),
    "metadata" jsonb,
    PRIMARY KEY ("id")
);
CREATE TABLE "public"."crm_contacts" (
    "id" serial NOT NULL,
    "email" varchar(255) NOT NULL UNIQUE,
    "first_name" varchar(100),
    "last_name" varchar(100),
    "source" varchar(100),
    "campaign_id" varchar(100),
    "created_at" timestamp DEFAULT now(),
    "converted" boolean DEFAULT false,
    "converted_at" timestamp,
    PRIMARY KEY ("id")
);
CREATE INDEX "idx_users_email" ON "public"."users" ("email");
CREATE INDEX "idx_users_country" ON "public"."users" ("country");
CREATE INDEX "idx_users_plan_type" ON "public"."users" ("plan_type");
CREATE INDEX "idx_products_merchant_id" ON "public"."products" ("merchant_id");
CREATE INDEX "idx_products_category" ON "public"."products" ("category");
ALTER TABLE "public"."orders" ADD FOREIGN KEY ("user_id") REFERENCES "public"."users" ("id");
CREATE INDEX "idx_orders_user_id" ON "public"."orders" ("user_id");
CREATE INDEX "idx_orders_created_at" ON "public"."orders" ("created_at");
CREATE INDEX "idx_orders_status" ON "public"."orders" ("status");
ALTER TABLE "public"."order_items" ADD FOREIGN KEY ("order_id") REFERENCES "public"."orders" ("id");
CREATE INDEX "idx_order_items_order_id" ON "public"."order_items" ("order_id");
ALTER TABLE "public"."order_items" ADD FOREIGN KEY ("product_id") REFERENCES "public"."products" ("id");
CREATE INDEX "idx_order_items_product_id" ON "public"."order_items" ("product_id");
ALTER TABLE "public"."events" ADD FOREIGN KEY ("user_id") REFERENCES "public"."users" ("id");
CREATE INDEX "idx_events_user_id" ON "public"."events" ("user_id");
CREATE INDEX "idx_events_event_type" ON "public"."events" ("event_type");
CREATE INDEX "idx_events_event_ts" ON "public"."events" ("event_ts");
CREATE INDEX "idx_crm_contacts_email" ON "public"."crm_contacts" ("email");
CREATE INDEX "idx_crm_contacts_source" ON "public"."crm_contacts" ("source");
