#include "emu/role_program.h"
#include "mesh/roles/make_role.h"

int main(int argc, char** argv) {
  return meshtwin::run_role_program(argc, argv, meshtwin::make_role);
}
