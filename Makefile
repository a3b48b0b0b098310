# Every target that needs a tool calls `setup` first; a second `make setup` does nothing and is quick.

PYTHON ?= python3
BIN := .venv/bin
# A machine that forbids byte code would compile the SDK anew at every engine call.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup rehearse test test-long mock-test soak check format bench

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14

setup: ## install everything into .venv and the user's cache folder
	@$(PYTHON) -m rehearsal.toolchain

rehearse: setup ## run a whole cutover on a local AWS; SCENARIO=list names what can go wrong in it
	@$(BIN)/failover rehearse ramp $(if $(SCENARIO),--scenario '$(SCENARIO)')

# Twice as many workers as small machines have cores: the tests of the engine mostly wait. They come
# first by name, and the short ones fill the end; sorted by number the long ones would come last.
test: setup ## pure tests, the program under mocks, and the real engine on the rehearsal
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not long"

test-long: setup ## every test, those included that only add a case to a quicker one, and more examples
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder --hypothesis-profile thorough

mock-test: setup ## the tests that need neither engine nor local AWS
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not engine" --ignore tests/engine --ignore tests/rehearsal

soak: setup ## everything that a ramp must survive, for hours; ONLY=slow,kills runs a part, TIMES=5 repeats less
	@$(BIN)/python -m tests.soak $(if $(ONLY),--only '$(ONLY)') $(if $(TIMES),--times '$(TIMES)')

check: setup ## lint, format, types, workflows and scripts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright --level error
	@$(BIN)/python -m rehearsal.toolchain.workflow_lint

format: setup ## rewrite the code in the house's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## measure, each against a peer or a floor in the same run
	@$(BIN)/python -m bench
