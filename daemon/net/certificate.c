/* SPDX-License-Identifier: BSD-2-Clause */
/* The one duban name in a certificate, its fingerprint and end. The bytes come from a peer; the
 * caller has verified the chain before it believes any of this. */
#include "daemon/net/certificate.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "common/i18n.h"

#define PARTS_MAX 3
#define PART_MAX 32

static bool is_code_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* part (":" part){0,2} */
static bool name_shape(const unsigned char *s, size_t n)
{
    size_t parts = 1;
    size_t len = 0;

    if (n == 0 || n >= CERTIFICATE_NAME_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == ':') {
            if (len == 0 || ++parts > PARTS_MAX)
                return false;
            len = 0;
        } else if (!is_code_char(s[i]) || ++len > PART_MAX) {
            return false;
        }
    }
    return len > 0;
}

/* Counts our URIs; the last good one is left in name. -1 when one of them is bad. */
static int find_names(const GENERAL_NAMES *names, char name[CERTIFICATE_NAME_MAX])
{
    const size_t prefix = strlen(CERTIFICATE_URN);
    int found = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
        if (g->type != GEN_URI)
            continue;
        const unsigned char *s = ASN1_STRING_get0_data(g->d.uniformResourceIdentifier);
        int len = ASN1_STRING_length(g->d.uniformResourceIdentifier);
        if (s == NULL || len < (int)prefix || memcmp(s, CERTIFICATE_URN, prefix) != 0)
            continue;
        if (!name_shape(s + prefix, (size_t)len - prefix))
            return -1;
        memcpy(name, s + prefix, (size_t)len - prefix);
        name[(size_t)len - prefix] = '\0';
        found++;
    }
    return found;
}

bool certificate_name_parse(const uint8_t *der, size_t n, char name[CERTIFICATE_NAME_MAX])
{
    const unsigned char *p = der;

    name[0] = '\0';
    if (n > 64 * 1024)
        return false;
    GENERAL_NAMES *names = d2i_GENERAL_NAMES(NULL, &p, (long)n);
    int found = names != NULL && p == der + n ? find_names(names, name) : -1;
    GENERAL_NAMES_free(names);
    if (found != 1)
        name[0] = '\0';
    return found == 1;
}

/* The single subjectAltName extension. */
static bool identify_name(const X509 *x, char name[CERTIFICATE_NAME_MAX])
{
    int at = X509_get_ext_by_NID(x, NID_subject_alt_name, -1);

    if (at < 0 || X509_get_ext_by_NID(x, NID_subject_alt_name, at) >= 0)
        return false;
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, at));
    return certificate_name_parse(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
                                  name);
}

bool certificate_identify(const void *x509, struct certificate_identity *out, struct err *e)
{
    const X509 *x = x509;
    struct tm end;
    unsigned int n = 0;

    memset(out, 0, sizeof(*out));
    if (X509_digest(x, EVP_sha256(), out->fingerprint, &n) != 1 || n != DIGEST_SIZE)
        return err_set(e, "certificate", _("the certificate has no digest"));
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &end) != 1)
        return err_set(e, "certificate", _("the certificate has no readable end date"));
    out->not_after = (int64_t)timegm(&end) * 1000000;
    if (!identify_name(x, out->name))
        return err_set(e, "certificate",
                       _("the certificate does not hold exactly one name of the form %s…; enrol "
                         "again"),
                       "URI:" CERTIFICATE_URN);
    return true;
}
