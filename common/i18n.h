/* SPDX-License-Identifier: BSD-2-Clause */
/* Translations by gettext; domain "duban". Error codes are never translated. */
#ifndef DUBAN_I18N_H
#define DUBAN_I18N_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) (text)

/* Chooses language and messages: lang ("en", "zh_CN") or, when NULL, the environment. Looks for
 * message files in $DUBAN_LOCALEDIR, beside the built program, then the installed place. */
void i18n_init(const char *lang);
/* "zh_CN" or "en": what was chosen. */
const char *i18n_lang(void);

#endif
