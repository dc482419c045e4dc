#include "emu/role_program.h"
#include "mesh/roles/role.h"

int main(int argc, char** argv) {
  return meshtwin::run_role_program(argc, argv, meshtwin::make_role);
}
