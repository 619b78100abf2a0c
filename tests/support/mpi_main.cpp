// main of the tests that run under mpirun: GoogleTest inside an initialised MPI; only rank zero prints passing tests.
#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  int rank = 0;
  int world = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &world);
  testing::InitGoogleTest(&argc, argv);
  if (world < 2) {
    std::fprintf(stderr, "this test proves nothing on one rank; start it with mpirun -np 2 or more\n");
    MPI_Finalize();
    return 1;
  }
  if (rank != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  int failed = RUN_ALL_TESTS();
  int failed_anywhere = 0;
  MPI_Allreduce(&failed, &failed_anywhere, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (failed != 0) std::fprintf(stderr, "rank %d of %d: tests failed\n", rank, world);
  MPI_Finalize();
  return failed_anywhere;
}
