# vmm-utils. `make` builds, `make check` tests, `make help` tells the rest.
#
# Sources are found by wildcard: a new lib/FOLDER/x.c, cmd/NAME.c, man/NAME.1, tests/unit/x.c or
# tests/helpers/x.c (a program for test scripts) needs no line here. A new public function needs
# `make map`; a new folder of lib/ needs its name in one of the three lists below.

BASE_DIRS = base store inventory pool library history group plan
VMM_DIRS = virt define net volume scan load power migrate provision run
METAL_DIRS = ssh bmc boot deploy

# Folders of tests that `make check` runs; `make check T=WORD` runs the files whose name has WORD.
CHECK_DIRS = unit cli tree lab
SLOW_DIRS = slow

all:

# ---- configuration ----

# These start from nothing: the packages first (WITH_DEPS), or no configuration at all.
WITH_DEPS = demo check check-slow bench lint sanitize
UNCONFIGURED = help deps map format dist clean distclean $(WITH_DEPS)

ifneq ($(filter-out $(UNCONFIGURED),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

config.mk: config.mk.in configure
	@if test -x config.status; then ./config.status --quiet --recheck && ./config.status --quiet; \
	else ./configure --quiet; fi

configure: configure.ac
	@command -v autoconf >/dev/null || \
		{ echo "autoconf is missing; 'make deps' lists the packages to install" >&2; exit 1; }
	@autoconf && rm -rf autom4te.cache

# ---- flags ----

# make SAN=1: address and undefined behaviour; make SAN=thread: data races. In a tree of its own.
SANITIZERS = $(if $(filter 1,$(SAN)),address$(,)undefined,$(SAN))
SAN_FLAGS = $(if $(SAN),-fsanitize=$(SANITIZERS) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -U_FORTIFY_SOURCE)
, := ,

B = build$(if $(SAN),/san$(patsubst %,-%,$(filter-out 1,$(SAN))))

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough \
	-Wno-missing-field-initializers -Werror=implicit-function-declaration $(if $(WERROR),-Werror)
ALL_CPPFLAGS = -Ilib -include lib/base/banned.h -D_GNU_SOURCE -DVMM_VERSION=\"$(VERSION)\" \
	$(JANSSON_CFLAGS) $(LIBVIRT_CFLAGS) $(LIBXML_CFLAGS) $(NETTLE_CFLAGS) $(POPT_CFLAGS) \
	$(SMARTCOLS_CFLAGS) $(YAML_CFLAGS) $(FREEIPMI_CFLAGS) $(MICROHTTPD_CFLAGS) $(GNUTLS_CFLAGS) \
	$(LIBSSH2_CFLAGS) $(CURL_CFLAGS) $(ZSTD_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 $(WARNINGS) -fPIC -pthread -fstack-protector-strong $(CFLAGS) $(SAN_FLAGS)
ALL_LDFLAGS = -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS) $(SAN_FLAGS)

ifndef V
QUIET_CC = @echo '   CC' $@;
QUIET_LINK = @echo ' LINK' $@;
QUIET_AR = @echo '   AR' $@;
QUIET_GEN = @echo '  GEN' $@;
endif

# ---- what there is ----

sources = $(wildcard $(addprefix lib/,$(addsuffix /*.c,$(1))))
objects = $(patsubst %.c,$(B)/%.o,$(1))

BASE_OBJS = $(call objects,$(call sources,$(BASE_DIRS)))
VMM_OBJS = $(call objects,$(call sources,$(VMM_DIRS)))
METAL_OBJS = $(call objects,$(call sources,$(METAL_DIRS)))
FRAME_OBJS = $(call objects,$(wildcard cmd/frame/*.c))
COMMANDS = $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
CMD_OBJS = $(call objects,$(wildcard cmd/*.c))
UNIT_OBJS = $(call objects,$(wildcard tests/unit/*.c))
# Programs that the .t scripts run.
HELPER_OBJS = $(call objects,$(wildcard tests/helpers/*.c))
# What agent-build puts on machines that have no system yet.
AGENT_OBJS = $(call objects,$(wildcard cmd/agent/*.c))
ALL_OBJS = $(BASE_OBJS) $(VMM_OBJS) $(METAL_OBJS) $(FRAME_OBJS) $(CMD_OBJS) $(UNIT_OBJS) $(HELPER_OBJS) \
	$(AGENT_OBJS)
HEADERS = $(filter-out %internal.h %/banned.h,\
	$(wildcard $(foreach d,$(BASE_DIRS) $(VMM_DIRS) $(METAL_DIRS),lib/$(d)/*.h)))

LIBS = $(B)/lib/libvmm-base.so $(B)/lib/libvmm.so $(B)/lib/libvmm-metal.so
PROGRAMS = $(addprefix $(B)/bin/,$(COMMANDS))
TEST_PROGRAMS = $(UNIT_OBJS:.o=) $(HELPER_OBJS:.o=)
COMPLETIONS = $(addprefix $(B)/completions/bash/,$(COMMANDS))
MAN_PAGES = $(wildcard man/*.[1-9])
# Where man(1) looks, with build/bin in PATH.
PAGES = $(foreach p,$(MAN_PAGES),$(B)/man/man$(subst .,,$(suffix $(p)))/$(notdir $(p)))

AGENT = $(if $(AGENT_OBJS),$(B)/libexec/vmm-agent)

all: $(LIBS) $(PROGRAMS) $(COMPLETIONS) $(AGENT) $(PAGES)
tests: $(TEST_PROGRAMS)
objects: $(ALL_OBJS)

# ---- how it is made ----

# A file that changes only when its text does, so that other flags or files rebuild what they touch.
stamp = @mkdir -p $(@D); printf '%s\n' '$(1)' | cmp -s - $@ || printf '%s\n' '$(1)' >$@
$(B)/flags: FORCE
	$(call stamp,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS))
$(B)/link: FORCE
	$(call stamp,$(CC) $(ALL_LDFLAGS) $(libdir) $(BASE_OBJS) $(VMM_OBJS) $(METAL_OBJS) $(FRAME_OBJS))

$(B)/cmd/%.o $(B)/tests/%.o: ALL_CPPFLAGS += -Icmd
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(QUIET_CC)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
-include $(ALL_OBJS:.o=.d)

$(PAGES):
	@mkdir -p $(@D)
	@ln -sf $(abspath man/$(@F)) $@

# Each library finds the others beside itself, here and where it is installed.
define link_so
@mkdir -p $(@D)
$(QUIET_LINK)$(CC) -shared -Wl,-soname,$(@F) $(if $(SAN),,-Wl,-z,defs) \
	-Wl,--version-script,$(filter %.map,$^) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^)
endef
$(B)/lib/libvmm-base.so.0: $(BASE_OBJS) lib/libvmm-base.map $(B)/link
	$(link_so) $(JANSSON_LIBS) $(NETTLE_LIBS) -lm
$(B)/lib/libvmm.so.0: $(VMM_OBJS) lib/libvmm.map $(B)/link $(B)/lib/libvmm-base.so
	$(link_so) -L$(B)/lib -lvmm-base -Wl,-rpath,'$$ORIGIN' $(LIBVIRT_LIBS) $(LIBXML_LIBS) \
		$(YAML_LIBS)
METAL_LIBS = $(FREEIPMI_LIBS) $(MICROHTTPD_LIBS) $(GNUTLS_LIBS) $(LIBSSH2_LIBS) $(ZSTD_LIBS)
$(B)/lib/libvmm-metal.so.0: $(METAL_OBJS) lib/libvmm-metal.map $(B)/link $(B)/lib/libvmm.so
	$(link_so) -L$(B)/lib -lvmm -lvmm-base -Wl,-rpath,'$$ORIGIN' $(METAL_LIBS) $(JANSSON_LIBS) \
		$(NETTLE_LIBS)
$(B)/lib/%.so: $(B)/lib/%.so.0
	@ln -sf $(<F) $@

# The same objects with nothing hidden: for the unit tests.
$(B)/libvmm-base.a: $(BASE_OBJS)
$(B)/libvmm.a: $(VMM_OBJS)
$(B)/libvmm-metal.a: $(METAL_OBJS)
$(B)/libframe.a: $(FRAME_OBJS)
$(B)/%.a: $(B)/link
	$(QUIET_AR)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

# Linked twice: to run from here with no wrapper, and to be installed. A sanitizer stands in front of
# the functions that it finds when the process starts, so nothing must be loaded after that.
define link_cmd
@mkdir -p $(@D)
$(QUIET_LINK)$(CC) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) -L$(B)/lib \
	$(if $(SAN),-Wl$(,)--no-as-needed) -lvmm-metal -lvmm -lvmm-base $(POPT_LIBS) $(SMARTCOLS_LIBS)
endef
$(B)/bin/%: $(B)/cmd/%.o $(B)/libframe.a $(LIBS)
	$(link_cmd) -Wl,-rpath,'$$ORIGIN/../lib'
$(B)/install/%: $(B)/cmd/%.o $(B)/libframe.a $(LIBS)
	$(link_cmd) $(if $(filter /usr/lib% /lib%,$(libdir)),,-Wl,-rpath,$(libdir))

# Not on the machine that builds it but on others, in a memory of a few megabytes: no libvmm there.
$(B)/libexec/vmm-agent: $(AGENT_OBJS) $(B)/libvmm-base.a
	@mkdir -p $(@D)
	$(QUIET_LINK)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(CURL_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS) $(ZSTD_LIBS) -lm

$(B)/tests/%: $(B)/tests/%.o $(B)/libframe.a $(B)/libvmm-metal.a $(B)/libvmm.a $(B)/libvmm-base.a
	$(QUIET_LINK)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(METAL_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS) \
		$(LIBVIRT_LIBS) $(LIBXML_LIBS) $(YAML_LIBS) $(POPT_LIBS) $(SMARTCOLS_LIBS) -lm

$(B)/tests/helpers/%: $(B)/tests/helpers/%.o $(B)/libvmm-metal.a $(B)/libvmm.a $(B)/libvmm-base.a
	$(QUIET_LINK)$(CC) -pie $(ALL_LDFLAGS) -o $@ $^ $(METAL_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS) \
		$(LIBVIRT_LIBS) $(LIBXML_LIBS) $(YAML_LIBS) -lm

$(B)/completions/bash/%: $(B)/bin/% completions/generate $(wildcard completions/*.awk)
	$(QUIET_GEN)completions/generate $< $(B)/completions

$(B)/%.pc: lib/%.pc.in config.mk
	@sed -e 's|@prefix@|$(prefix)|; s|@libdir@|$(libdir)|; s|@includedir@|$(includedir)|' \
		-e 's|@version@|$(VERSION)|' $< >$@

# The interface is written down, so that a change of it shows in review.
map:
	lib/mkmap $(addprefix lib/,$(BASE_DIRS)) >lib/libvmm-base.map
	lib/mkmap $(addprefix lib/,$(VMM_DIRS)) >lib/libvmm.map
	lib/mkmap $(addprefix lib/,$(METAL_DIRS)) >lib/libvmm-metal.map

# ---- tests ----

# What each installs, by the sections of tests/packages.
DEPS_demo = build lab
DEPS_check = build test lab metal lint
DEPS_check-slow = build test lab metal slow
DEPS_bench = build test lab metal slow bench
DEPS_lint = build test lint
DEPS_sanitize = build test lab metal lint slow

$(WITH_DEPS):
	@tests/install-deps $(DEPS_$@)
	@$(MAKE) --no-print-directory do-$@

run_tests = tests/run -b $(B) $(if $(T),-m '$(T)') $(1)

do-check: all tests
	@$(call run_tests,$(CHECK_DIRS))
do-check-slow: all tests
	@$(call run_tests,$(SLOW_DIRS))
do-sanitize:
	@$(MAKE) --no-print-directory SAN=$(or $(SAN),1) CHECK_DIRS='$(CHECK_DIRS) $(SLOW_DIRS)' do-check
do-demo: all
	@tests/demo
do-bench: all tests
	@set -e; for b in tests/bench/*; do test ! -x $$b || $$b; done

# ---- tidiness ----

C_FILES = $(shell git ls-files -co --exclude-standard '*.c' '*.h')

format:
	clang-format -i $(C_FILES)

do-lint:
	@echo clang-format
	@clang-format --dry-run -Werror $(C_FILES)
	@$(MAKE) --no-print-directory B=build/lint-gcc CC=gcc WERROR=1 objects
	@$(MAKE) --no-print-directory B=build/lint-clang CC=clang WERROR=1 objects
	@echo cppcheck
	@cppcheck --quiet --std=c11 --language=c --error-exitcode=1 -j2 -Ilib -Icmd -D_GNU_SOURCE \
		--enable=warning,performance,portability --inline-suppr \
		--suppress=missingInclude --suppress=missingIncludeSystem \
		$(filter lib/%.c cmd/%.c,$(C_FILES))
	@echo mandoc
	@mandoc -T lint -W warning $(MAN_PAGES)
	@echo shellcheck
	@shellcheck -S warning -e SC1010,SC2034 -x -P SCRIPTDIR \
		$$(git ls-files -co --exclude-standard | xargs grep -lE "^#!/bin/(ba)?sh")

clean:
	rm -rf build
distclean: clean
	rm -rf configure config.mk config.log config.status autom4te.cache

# ---- install ----

SAMPLES = $(wildcard share/*/*)
# What `install` puts where, as FILE=PLACE.
PLACES = $(foreach c,$(COMMANDS),$(B)/install/$(c)=$(bindir)/$(c) \
		$(B)/completions/bash/$(c)=$(datadir)/bash-completion/completions/$(c) \
		$(B)/completions/zsh/_$(c)=$(datadir)/zsh/site-functions/_$(c) \
		$(B)/completions/fish/$(c).fish=$(datadir)/fish/vendor_completions.d/$(c).fish) \
	$(foreach l,libvmm-base libvmm libvmm-metal,$(B)/lib/$(l).so.0=$(libdir)/$(l).so.0 \
		$(B)/$(l).pc=$(libdir)/pkgconfig/$(l).pc) \
	$(foreach a,$(AGENT),$(a)=$(libexecdir)/vmm-utils/vmm-agent) \
	$(foreach h,$(HEADERS),$(h)=$(includedir)/vmm/$(h:lib/%=%)) \
	$(foreach s,$(SAMPLES),$(s)=$(datadir)/vmm-utils/$(s:share/%=%)) \
	$(foreach m,$(MAN_PAGES),$(m)=$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))

install: all $(addprefix $(B)/install/,$(COMMANDS)) $(B)/libvmm-base.pc $(B)/libvmm.pc $(B)/libvmm-metal.pc
	@set -e; for p in $(PLACES); do \
		mode=644; case $$p in $(B)/install/* | $(B)/libexec/*) mode=755;; esac; \
		install -D -m $$mode "$${p%%=*}" "$(DESTDIR)$${p#*=}"; done
	@for l in libvmm-base libvmm libvmm-metal; do ln -sf $$l.so.0 "$(DESTDIR)$(libdir)/$$l.so"; done
# Folders that are empty then go too, up to the prefix; those that a system has anyhow stay.
KEPT = $(patsubst %/,%,$(dir $(prefix))) $(if $(filter /usr /usr/local,$(prefix)),\
	$(bindir) $(libdir) $(includedir) $(datadir) $(mandir))
uninstall:
	@for p in $(PLACES); do rm -f "$(DESTDIR)$${p#*=}"; done
	@rm -f "$(DESTDIR)$(libdir)/libvmm-base.so" "$(DESTDIR)$(libdir)/libvmm.so" \
		"$(DESTDIR)$(libdir)/libvmm-metal.so"
	@for p in $(PLACES); do p=$${p#*=}; \
		while p=$${p%/*}; do \
			case " $(KEPT) " in *" $$p "*) break;; esac; \
			rmdir "$(DESTDIR)$$p" 2>/dev/null || break; done; done

dist: VERSION = $(shell sed -n 's/^AC_INIT(\[[^]]*\], \[\(.*\)\])/\1/p' configure.ac)
dist:
	git archive --prefix=vmm-utils-$(VERSION)/ HEAD | xz >vmm-utils-$(VERSION).tar.xz

deps:
	@sed 's/#.*//; /^\[/d; /^[[:space:]]*$$/d' tests/packages

help:
	@sed -n 's/^#: //p' Makefile

#: make              build everything into build/; configures by itself
#: make demo         show the commands at work on hosts made for the purpose
#: make check        the tests; T=WORD for the files whose name has WORD
#: make check-slow   the tests that take minutes
#: make bench        measure
#: make lint         formatting, warnings of both compilers, cppcheck, mandoc, shellcheck
#: make sanitize     all tests under ASan and UBSan; SAN=thread for TSan
#: make install      to prefix (./configure --prefix=...), under DESTDIR; make uninstall
#: make dist         the sources of HEAD as vmm-utils-VERSION.tar.xz
#: make format       clang-format, in place
#: make map          write the version maps anew, after a change of the public headers
#: make deps         list the Debian packages that building and testing need
#: make clean        remove build/; make distclean: the configuration too
#: V=1 shows the commands, SAN=1 builds with sanitizers into build/san

FORCE:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all tests objects FORCE map format clean distclean install uninstall dist deps help \
	$(WITH_DEPS) $(addprefix do-,$(WITH_DEPS))
