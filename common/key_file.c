/* SPDX-License-Identifier: BSD-2-Clause */
/* Private keys on disk: PKCS#8 PEM, readable by their owner alone. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/i18n.h"
#include "common/key.h"

#define KEY_FILE_MAX 16384

/* systemd shows credentials as 0400, or 0440 where an access list names the user. */
static bool is_credential(const char *path)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    size_t n = dir ? strlen(dir) : 0;

    return n > 0 && strncmp(path, dir, n) == 0 && path[n] == '/';
}

static bool check_mode(const char *path, int fd, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_set(e, "key-file", _("key file %s: %s"), path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, "key-file", _("key file %s is not a regular file"), path);
    mode_t forbidden = is_credential(path) ? 0337 : 0077;
    if (st.st_mode & forbidden)
        return err_set(e, "key-file",
                       _("key file %s can be read or changed by others (mode %04o); if nobody else "
                         "has copied it: chmod 600 %s"),
                       path, (unsigned)(st.st_mode & 07777), path);
    if (st.st_size > KEY_FILE_MAX)
        return err_set(e, "key-file", _("key file %s is too large to be a key"), path);
    return true;
}

/* A passphrase cannot be asked for by a daemon: none is given. */
static int on_passphrase(char *out, int size, int writing, void *data)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)data;
    return -1;
}

static bool parse_pem(const char *path, const char *pem, size_t n, struct key **out, struct err *e)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)n);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, on_passphrase, NULL) : NULL;
    bool encrypted = strstr(pem, "ENCRYPTED") != NULL;

    BIO_free(bio);
    ERR_clear_error();
    if (!pkey && encrypted)
        return err_set(e, "key-file",
                       _("key file %s is protected by a passphrase, which duban cannot ask for; "
                         "convert it: openssl pkcs8 -topk8 -nocrypt"),
                       path);
    if (!pkey)
        return err_set(e, "key-file",
                       _("key file %s does not hold a private key in PEM form; restore it from a "
                         "copy or enrol again"),
                       path);
    bool ok = key_from_evp(pkey, out, NULL);
    EVP_PKEY_free(pkey);
    if (!ok)
        return err_set(e, "key-file",
                       _("key file %s: the algorithm is not one of ecdsa-p256, ed25519, sm2"),
                       path);
    return true;
}

bool key_load(const char *path, struct key **out, struct err *e)
{
    char pem[KEY_FILE_MAX + 1];
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    *out = NULL;
    if (fd < 0)
        return err_set(e, "key-file", _("key file %s: %s"), path, strerror(errno));
    bool ok = check_mode(path, fd, e);
    while (ok && n < KEY_FILE_MAX) {
        ssize_t got = read(fd, pem + n, KEY_FILE_MAX - n);
        if (got < 0)
            ok = err_set(e, "key-file", _("key file %s: %s"), path, strerror(errno));
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    close(fd);
    pem[n] = '\0';
    ok = ok && parse_pem(path, pem, n, out, e);
    OPENSSL_cleanse(pem, sizeof pem);
    return ok;
}

bool key_save(const struct key *k, const char *path, struct err *e)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *pem = NULL;
    bool ok = bio && PEM_write_bio_PKCS8PrivateKey(bio, key_evp(k), NULL, NULL, 0, NULL, NULL) == 1;
    long n = ok ? BIO_get_mem_data(bio, &pem) : 0;

    ERR_clear_error();
    if (ok)
        ok = file_write(path, pem, (size_t)n, 0600, e);
    else
        err_set(e, "file", _("%s: the private key cannot be written: it is not at hand"), path);
    if (pem)
        OPENSSL_cleanse(pem, (size_t)n);
    BIO_free(bio);
    return ok;
}
