"""Statements that mean nothing here, and are answered as if they had been done."""

import re

OBJECTS = (
    r"ROLE|DATABASE\s+ROLE|USER|WAREHOUSE|RESOURCE\s+MONITOR|NETWORK\s+POLICY|(\w+\s+)?INTEGRATION|PIPE|TASK|STREAM|"
    r"TAG|MASKING\s+POLICY|ROW\s+ACCESS\s+POLICY"
)
STATEMENTS = [
    rf"(CREATE|ALTER|DROP)\s+(OR\s+REPLACE\s+)?({OBJECTS})\b",
    r"GRANT\b",
    r"REVOKE\b",
    r"EXECUTE\s+TASK\b",
    r"SELECT\s+SYSTEM\$TASK_DEPENDENTS_ENABLE\(",
    r"USE\s+(SECONDARY\s+)?ROLES?\b",
    r"ALTER\s+(TABLE|VIEW)\s.*\b(SET|UNSET)\s+(TAG|MASKING\s+POLICY)\b",
    r"ALTER\s+(TABLE|VIEW)\s.*\b(ADD|DROP)\s+(ALL\s+)?ROW\s+ACCESS\s+POLIC(Y|IES)\b",
    # A setting of an object that is there but has it not here.
    r"ALTER\s+(DATABASE|SCHEMA)\s.*\bSET\s",
]
PATTERN = re.compile("|".join(STATEMENTS), re.I | re.S)

# What SHOW says of them: that there is none.
SHOWN = {
    "ROLES": ["created_on", "name", "comment"],
    "USERS": ["created_on", "name", "comment"],
    "WAREHOUSES": ["name", "state", "type", "size", "auto_suspend#", "auto_resume", "comment"],
    "STORAGE INTEGRATIONS": ["name", "type", "category", "enabled", "comment", "created_on"],
    "NOTIFICATION INTEGRATIONS": ["name", "type", "category", "enabled", "comment", "created_on"],
    "GRANTS": ["created_on", "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option"],
    "FUTURE GRANTS": ["created_on", "privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"],
    "TAGS": ["created_on", "name", "database_name", "schema_name", "owner", "comment", "allowed_values"],
    "MASKING POLICIES": ["created_on", "name", "database_name", "schema_name", "kind", "owner", "comment"],
    "ROW ACCESS POLICIES": ["created_on", "name", "database_name", "schema_name", "kind", "owner", "comment"],
    "PIPES": ["created_on", "name", "database_name", "schema_name", "definition", "comment"],
    "TASKS": ["created_on", "name", "id", "database_name", "schema_name", "comment"],
    "STREAMS": ["created_on", "name", "database_name", "schema_name", "comment"],
}


def meets(sql):
    return PATTERN.match(sql) is not None
