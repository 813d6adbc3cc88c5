/** The command line: commands, options, exit codes, progress and tables. */
package io.github.swscan.cli;
