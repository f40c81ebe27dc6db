/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/secret.h"

#include "support.h"

/* The list of PR-ENV-1, each word alone, inside a name, and in other letters. */
static const struct secret {
    const char *name;
    const char *word; /* NULL: no secret */
} rows[] = {
    {"token", "token"},
    {"GITHUB_TOKEN", "token"},
    {"TokenFile", "token"},
    {"secret", "secret"},
    {"AWS_SECRET_ACCESS_KEY", "secret"},
    {"passw", "passw"},
    {"PGPASSWORD", "passw"},
    {"MYPASSWD", "passw"},
    {"api_key", "api_key"},
    {"OPENAI_API_KEY", "api_key"},
    {"apikey", "apikey"},
    {"ApiKey", "apikey"},
    {"credential", "credential"},
    {"GOOGLE_APPLICATION_CREDENTIALS", "credential"},
    {"private_key", "private_key"},
    {"SSH_PRIVATE_KEY", "private_key"},
    {"database_url", "database_url"},
    {"DATABASE_URL", "database_url"},
    {"dsn", "dsn"},
    {"SENTRY_DSN", "dsn"},
    {"conn_str", "conn_str"},
    {"DB_CONN_STR", "conn_str"},
    {"session", "session"},
    {"DBUS_SESSION_BUS_ADDRESS", "session"},
    {"cookie", "cookie"},
    {"XCOOKIE", "cookie"},
    {"auth", "auth"},
    {"SSH_AUTH_SOCK", "auth"},
    {"XAUTHORITY", "auth"},
    {"GIT_AUTHOR_NAME", "auth"},
    {"", NULL},
    {"PATH", NULL},
    {"HOME", NULL},
    {"TMPDIR", NULL},
    {"LANG", NULL},
    {"TOKE", NULL},
    {"TOK_EN", NULL},
    {"SECRE", NULL},
    {"PASS", NULL},
    {"API", NULL},
    {"KEY", NULL},
    {"PRIVATE", NULL},
    {"DATABASE", NULL},
    {"URL", NULL},
    {"DS", NULL},
    {"COOKI", NULL},
    {"AUT", NULL},
};

START_TEST(names_are_told_apart)
{
    const char *word = secret_word(rows[_i].name);

    if (rows[_i].word == NULL)
        ck_assert_ptr_null(word);
    else
        ck_assert_str_eq(word, rows[_i].word);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("secret");
    TCase *c = tcase_create("secret");

    tcase_add_loop_test(c, names_are_told_apart, 0, N_ROWS(rows));
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return support_run(suite());
}
