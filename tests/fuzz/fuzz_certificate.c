/* SPDX-License-Identifier: BSD-2-Clause */
/* The name in a client certificate: any bytes as a subjectAltName extension, and as a whole
 * certificate. What is taken has our form, and its bytes stand in the input exactly once. */
#include <openssl/x509.h>
#include <string.h>

#include "daemon/net/certificate.h"
#include "fuzz.h"

static void check_name(const char *name)
{
    size_t n = strlen(name);

    FUZZ_CHECK(n > 0 && n < CERTIFICATE_NAME_MAX);
    FUZZ_CHECK(name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-:")] == '\0');
    FUZZ_CHECK(name[0] != ':' && name[n - 1] != ':');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[CERTIFICATE_NAME_MAX];
    struct certificate_identity id;
    struct err e;
    const unsigned char *p = data;

    if (certificate_name_parse(data, size, name)) {
        char urn[CERTIFICATE_NAME_MAX + sizeof(CERTIFICATE_URN)];
        check_name(name);
        snprintf(urn, sizeof(urn), "%s%s", CERTIFICATE_URN, name);
        FUZZ_CHECK(memmem(data, size, urn, strlen(urn)) != NULL);
    } else {
        FUZZ_CHECK(name[0] == '\0');
    }
    X509 *x = d2i_X509(NULL, &p, (long)size);
    if (x != NULL && certificate_identify(x, &id, &e))
        check_name(id.name);
    X509_free(x);
    return 0;
}
