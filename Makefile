# SPDX-License-Identifier: BSD-2-Clause
# duban: `make help` lists the targets.

VERSION   := 0.1.0
BUILD     ?= build
prefix    ?= /usr/local
bindir    ?= $(prefix)/bin
sbindir   ?= $(prefix)/sbin
datadir   ?= $(prefix)/share/duban
localedir ?= $(prefix)/share/locale
mandir    ?= $(prefix)/share/man
sysconfdir ?= /etc

CC       ?= cc
CFLAGS   ?= -O2 -g
SAN      ?=
PKGS_COMMON := libcrypto jansson libutf8proc
PKGS_DAEMON := libevent_core libssl libpq libconfuse zlib libcurl
PKGS_CLIENT := libcurl libconfuse smartcols xlsxwriter
PC        = $(shell pkg-config $(1) $(2))

WARN      := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wformat=2 -Wstrict-prototypes \
             -Wmissing-prototypes -Wundef -Wpointer-arith -Werror
# clang 14 has the last of these only behind a switch
ZERO_INIT := $(shell echo 'int x;' | $(CC) -ftrivial-auto-var-init=zero -x c -c -o /dev/null - \
             2>/dev/null && echo -ftrivial-auto-var-init=zero)
HARDEN    := -fstack-protector-strong -fstack-clash-protection -fPIE $(ZERO_INIT)
ifeq ($(SAN),)
HARDEN    += -D_FORTIFY_SOURCE=2
ifeq ($(shell uname -m),x86_64)
HARDEN    += -fcf-protection=full
endif
else
SANFLAGS  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
DUBAN_CPPFLAGS := -std=c11 -D_GNU_SOURCE -I. -DDUBAN_VERSION='"$(VERSION)"' \
             -DDUBAN_DATADIR='"$(datadir)"' -DDUBAN_LOCALEDIR='"$(localedir)"' \
             -DDUBAN_SYSCONFDIR='"$(sysconfdir)"'
DUBAN_CFLAGS   := $(WARN) $(HARDEN) $(SANFLAGS)
DUBAN_LDFLAGS  := -pie -Wl,-z,relro,-z,now $(SANFLAGS)
# short lines unless V=1
Q         := $(if $(V),,@)
say        = $(if $(V),,@echo '  $(1)' $(2))
# both spellings of BUILD: else what was built with one is not made anew by the other when a header changes
COMPILE    = $(CC) $(DUBAN_CPPFLAGS) $(CPPFLAGS) $(DUBAN_CFLAGS) $(CFLAGS) -MMD -MP \
             -MT $(patsubst $(CURDIR)/%,%,$(abspath $@)) -MT $(abspath $@)

COMMON_SRC := $(wildcard common/*.c)
PLAN_SRC   := $(wildcard plan/*.c)
CLIENT_SRC := $(wildcard client/*.c)
DAEMON_SRC := $(wildcard daemon/*.c daemon/*/*.c)
UNIT_SRC   := $(wildcard tests/unit/test_*.c)
FUZZ_SRC   := $(wildcard tests/fuzz/fuzz_*.c)
BENCH_SRC  := $(wildcard bench/*.c)
obj         = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
# the daemon without main, so that unit tests can link single steps of it
DAEMON_LIB_SRC := $(filter-out daemon/main.c,$(DAEMON_SRC))
CLIENT_LIB_SRC := $(filter-out client/main.c,$(CLIENT_SRC))

BINARIES := $(BUILD)/duband $(BUILD)/duban $(BUILD)/duban-local
LANGS    := zh_CN
MO       := $(LANGS:%=$(BUILD)/locale/%/LC_MESSAGES/duban.mo)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all deps help check check-unit check-sql check-system check-fuzz check-guard check-san fuzz demo bench \
        install uninstall clean distclean dist format lint pot FORCE

all: $(BUILD)/.deps $(BINARIES) $(MO) ## build everything into build/

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sort | \
	  awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@echo "  variables: BUILD=dir V=1 SAN=1 CC=clang T=name PLAN=file KEEP=1 VECTORS=dir PLANS=dir DESTDIR= prefix="

# ---- packages ---------------------------------------------------------------------------------
deps: ## install the Debian packages that building and testing need
	@tests/deps.sh

$(BUILD)/.deps: tests/deps.sh
	@tests/deps.sh && mkdir -p $(@D) && touch $@

# ---- objects ----------------------------------------------------------------------------------
$(BUILD)/obj/daemon/%.o $(BUILD)/obj/tests/unit/%.o $(BUILD)/obj/bench/%.o: EXTRA_CFLAGS = \
  $(call PC,--cflags,$(PKGS_COMMON) $(PKGS_DAEMON)) -I$(BUILD)/gen
$(BUILD)/obj/client/%.o: EXTRA_CFLAGS = $(call PC,--cflags,$(PKGS_COMMON) $(PKGS_CLIENT))
$(BUILD)/obj/common/%.o $(BUILD)/obj/plan/%.o: EXTRA_CFLAGS = $(call PC,--cflags,$(PKGS_COMMON))

$(BUILD)/obj/%.o: %.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(call say,CC   ,$<)
	$(Q)$(COMPILE) $(EXTRA_CFLAGS) -c $< -o $@

# the SQL that the daemon sends, one file a statement, becomes a C table; the schema likewise
$(BUILD)/gen/statements_table.h: $(wildcard sql/query/*.sql) tools/sql_to_c.sh
	@mkdir -p $(@D)
	tools/sql_to_c.sh sql/query/*.sql > $@
$(BUILD)/gen/schema_table.h: $(wildcard sql/schema/*.sql) tools/sql_to_c.sh
	@mkdir -p $(@D)
	tools/sql_to_c.sh sql/schema/*.sql > $@
$(call obj,$(DAEMON_SRC)): | $(BUILD)/gen/statements_table.h $(BUILD)/gen/schema_table.h

$(BUILD)/libduban-common.a: $(call obj,$(COMMON_SRC))
	$(call say,AR   ,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BUILD)/libduban-plan.a: $(call obj,$(PLAN_SRC))
	$(call say,AR   ,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BUILD)/libduban-daemon.a: $(call obj,$(DAEMON_LIB_SRC))
	$(call say,AR   ,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BUILD)/libduban-client.a: $(call obj,$(CLIENT_LIB_SRC))
	$(call say,AR   ,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/duband: $(call obj,daemon/main.c) $(BUILD)/libduban-daemon.a $(BUILD)/libduban-common.a
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ $(call PC,--libs,$(PKGS_DAEMON) $(PKGS_COMMON))
$(BUILD)/duban: $(call obj,client/main.c) $(BUILD)/libduban-client.a $(BUILD)/libduban-plan.a \
                $(BUILD)/libduban-common.a
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ $(call PC,--libs,$(PKGS_CLIENT) $(PKGS_COMMON))
$(BUILD)/duban-local: client/duban-local.sh
	@mkdir -p $(@D)
	sed -e 's|@bindir@|$(bindir)|g;s|@sbindir@|$(sbindir)|g;s|@datadir@|$(datadir)|g;s|@VERSION@|$(VERSION)|g' $< > $@
	chmod 755 $@

# ---- messages ---------------------------------------------------------------------------------
$(BUILD)/locale/%/LC_MESSAGES/duban.mo: po/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<
pot: ## collect the messages into po/duban.pot and merge them into po/*.po
	xgettext --from-code=UTF-8 -L C -k_ -kN_ --no-location --sort-output --package-name=duban \
	  -o po/duban.pot $(COMMON_SRC) $(PLAN_SRC) $(CLIENT_SRC) $(DAEMON_SRC)
	for l in $(LANGS); do msgmerge -q --no-fuzzy-matching --no-location --sort-output -U --backup=none po/$$l.po po/duban.pot; done
	for l in $(LANGS); do msgattrib --no-obsolete --no-location -o po/$$l.po po/$$l.po; done

# ---- tests ------------------------------------------------------------------------------------
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SRC))
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libduban-daemon.a \
                       $(BUILD)/libduban-plan.a $(BUILD)/libduban-common.a
	@mkdir -p $(@D)
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka \
	  $(call PC,--libs,$(PKGS_DAEMON) $(PKGS_COMMON))
# the client's tests link the client, with the fakes in tests/fakes/client_*.c
CLIENT_FAKES := $(wildcard tests/fakes/client_*.c)
$(BUILD)/obj/tests/unit/test_client_%.o $(BUILD)/obj/tests/fakes/client_%.o: EXTRA_CFLAGS = \
  $(call PC,--cflags,$(PKGS_COMMON) $(PKGS_CLIENT))
$(BUILD)/tests/unit/test_client_%: $(BUILD)/obj/tests/unit/test_client_%.o \
                       $(call obj,$(CLIENT_FAKES)) $(BUILD)/libduban-client.a \
                       $(BUILD)/libduban-plan.a $(BUILD)/libduban-common.a
	@mkdir -p $(@D)
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka \
	  $(call PC,--libs,$(PKGS_CLIENT) $(PKGS_COMMON))
$(BUILD)/tests/unit/test_client_messages $(BUILD)/tests/unit/test_client_foreign: | $(MO)
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(FUZZ_SRC))
$(BUILD)/obj/tests/fuzz/%.o: EXTRA_CFLAGS = $(call PC,--cflags,$(PKGS_COMMON) $(PKGS_DAEMON) $(PKGS_CLIENT))
$(BUILD)/tests/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o \
                       $(BUILD)/libduban-client.a $(BUILD)/libduban-daemon.a \
                       $(BUILD)/libduban-plan.a $(BUILD)/libduban-common.a
	@mkdir -p $(@D)
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ \
	  $(call PC,--libs,$(PKGS_DAEMON) $(PKGS_CLIENT) $(PKGS_COMMON))
# what is counted, not timed: the receiver's steps with a counter in front of what is left out
$(BUILD)/obj/tests/guard/%.o: EXTRA_CFLAGS = $(call PC,--cflags,$(PKGS_COMMON) $(PKGS_DAEMON))
$(BUILD)/tests/guard/%: $(BUILD)/obj/tests/guard/%.o $(BUILD)/libduban-daemon.a \
                       $(BUILD)/libduban-common.a
	@mkdir -p $(@D)
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -Wl,--wrap=key_verify,--wrap=db_call -o $@ $^ \
	  $(call PC,--libs,$(PKGS_DAEMON) $(PKGS_COMMON))
# the alerter alone, to be killed
$(BUILD)/obj/tests/system/%.o: EXTRA_CFLAGS = $(call PC,--cflags,$(PKGS_COMMON) $(PKGS_DAEMON))
$(BUILD)/tests/system/%: $(BUILD)/obj/tests/system/%.o $(BUILD)/libduban-daemon.a \
                        $(BUILD)/libduban-common.a
	@mkdir -p $(@D)
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ $(call PC,--libs,$(PKGS_DAEMON) $(PKGS_COMMON))
.PRECIOUS: $(BUILD)/obj/%.o

check: all ## run every test (T=name for some; VECTORS=dir PLANS=dir for more)
	@BUILD=$(BUILD) T='$(T)' VECTORS='$(VECTORS)' PLANS='$(PLANS)' MAKE='$(MAKE)' tests/run.sh
check-unit: $(UNIT_BIN)
check-fuzz: $(FUZZ_BIN)
check-guard: $(BUILD)/tests/guard/hot_path $(BUILD)/bench/load $(BUILD)/bench/reporting_day
fuzz: ## fuzz each parser for FUZZ_SECONDS (60) with libFuzzer
	@tests/fuzz/long.sh
demo: all ## tell the whole story in the terminal, in about a minute
	@BUILD=$(BUILD) PLAN='$(PLAN)' KEEP='$(KEEP)' examples/demo.sh
# each program of bench/ has its main file; what they share is linked into all
BENCH_MAIN := load floor watch hold raw peer_load
BENCH_BIN  := $(BENCH_MAIN:%=$(BUILD)/bench/%)
$(BENCH_BIN): $(BUILD)/bench/%: $(BUILD)/obj/bench/%.o \
              $(call obj,$(filter-out $(BENCH_MAIN:%=bench/%.c) bench/reporting_day.c bench/day%,$(BENCH_SRC))) \
              $(BUILD)/libduban-daemon.a $(BUILD)/libduban-common.a
	@mkdir -p $(@D)
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ $(call PC,--libs,$(PKGS_DAEMON) $(PKGS_COMMON)) -lm -lpthread
# the simulator waits between attempts as the client does: by the client's own function
DAY_SRC := $(wildcard bench/day*.c) bench/load_keys.c bench/load_check.c bench/load_stats.c bench/figures.c bench/wire.c
$(BUILD)/bench/reporting_day: $(call obj,bench/reporting_day.c $(DAY_SRC)) $(BUILD)/libduban-client.a $(BUILD)/libduban-common.a
	@mkdir -p $(@D)
	$(call say,LINK ,$@)
	$(Q)$(CC) $(DUBAN_LDFLAGS) $(LDFLAGS) -o $@ $^ $(call PC,--libs,$(PKGS_DAEMON) $(PKGS_CLIENT) $(PKGS_COMMON)) -lm
bench: all $(BENCH_BIN) ## measure: every figure beside its floor, 25 minutes (T=name for one)
	@BUILD=$(BUILD) T='$(T)' bench/run.sh

# ---- habits -----------------------------------------------------------------------------------
format: ## clang-format everything
	clang-format -i $(wildcard */*.[ch] */*/*.[ch])
lint: all ## clang-format check, clang-tidy, cppcheck, shell and message checks
	@BUILD=$(BUILD) tests/lint.sh

install: all ## install under DESTDIR and prefix
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(sbindir) $(DESTDIR)$(datadir)
	install -m 755 $(BUILD)/duban $(BUILD)/duban-local $(DESTDIR)$(bindir)
	install -m 755 $(BUILD)/duband $(DESTDIR)$(sbindir)
	cp -R conf sql examples $(DESTDIR)$(datadir)
	for l in $(LANGS); do install -d $(DESTDIR)$(localedir)/$$l/LC_MESSAGES; \
	  install -m 644 $(BUILD)/locale/$$l/LC_MESSAGES/duban.mo $(DESTDIR)$(localedir)/$$l/LC_MESSAGES; done
	for p in docs/man/*.[158]; do s=$${p##*.}; install -d $(DESTDIR)$(mandir)/man$$s; \
	  install -m 644 $$p $(DESTDIR)$(mandir)/man$$s; done
uninstall: ## remove what install put
	rm -f $(DESTDIR)$(bindir)/duban $(DESTDIR)$(bindir)/duban-local $(DESTDIR)$(sbindir)/duband
	rm -rf $(DESTDIR)$(datadir)
	rm -f $(LANGS:%=$(DESTDIR)$(localedir)/%/LC_MESSAGES/duban.mo)
	rm -f $(DESTDIR)$(mandir)/man1/duban.1 $(DESTDIR)$(mandir)/man1/duban-local.1 \
	  $(DESTDIR)$(mandir)/man8/duband.8 $(DESTDIR)$(mandir)/man5/duband.conf.5
clean: ## remove build/
	rm -rf $(BUILD)
distclean: clean
dist: ## a source archive
	git archive --prefix=duban-$(VERSION)/ -o duban-$(VERSION).tar.gz HEAD

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
