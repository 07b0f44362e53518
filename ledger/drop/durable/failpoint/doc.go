// Package failpoint names the instants at which the process may die without
// harm: before and after every commit, sync, rename, request to a server and
// statement that changes a database.
//
// In the normal build [At] is empty and leaves no code behind. Built with the tag
// torture it reads variables of the environment, which only the supervisor
// of the crash tests sets:
//
//	TIEOUT_FAILPOINT=rename:2:kill   at the second time the point is reached, end the process as SIGKILL does
//	TIEOUT_FAILPOINT=rename:2:stop   or stop it until somebody sends SIGCONT
//	TIEOUT_FAILPOINT_LOG=file        write the name of every point that is reached
//	TIEOUT_JOURNAL=file              write what is done to files that must survive a power cut
//
// What must never come in: anything that changes what a program does when no
// point is asked for, and any way to reach it in the normal build.
package failpoint
