package io.github.swscan.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AvailableMemoryTest {

    private static final long MIB = 1 << 20;

    @TempDir
    private Path root;

    @BeforeEach
    void machine() throws IOException {
        write(
                "proc/meminfo",
                "MemTotal:        2000000 kB\nMemFree:           20000 kB\nMemAvailable:    1024000 kB\n");
    }

    private void write(String file, String content) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }

    private void second(String group, String limit, long usedMib, long cachedMib) throws IOException {
        String folder = "sys/fs/cgroup" + group;
        write(folder + "/memory.max", limit + "\n");
        write(folder + "/memory.current", usedMib * MIB + "\n");
        write(
                folder + "/memory.stat",
                "anon 1\nfile 7\nactive_file %d\ninactive_file %d\n".formatted(MIB, (cachedMib - 1) * MIB));
    }

    private void assertLeft(long mib, String of) {
        assertThat(AvailableMemory.now(root)).contains(new AvailableMemory(mib * MIB, of));
    }

    @Test
    void isTheMachinesWhereNoGroupLimits() throws IOException {
        write("proc/self/cgroup", "0::/user.slice/x\n");
        second("/user.slice/x", "max", 100, 10);

        assertLeft(1000, "the machine");
    }

    @Test
    void isWhatTheGroupLeavesAndWhatItCanGiveBack() throws IOException {
        write("proc/self/cgroup", "0::/user.slice/x\n");
        second("/user.slice/x", Long.toString(700 * MIB), 300, 100);

        assertLeft(500, "the control group's limit of 700 MiB");
    }

    @Test
    void isThatOfAGroupAboveWhereThatHasLess() throws IOException {
        write("proc/self/cgroup", "0::/user.slice/x\n");
        second("/user.slice/x", Long.toString(700 * MIB), 300, 100);
        second("/user.slice", Long.toString(800 * MIB), 600, 50);

        assertLeft(250, "the control group's limit of 800 MiB");
    }

    /** A container's own group lies at the top, where the file tells the machine's path. */
    @Test
    void isThatOfTheTopWhereThePathIsNotThere() throws IOException {
        write("proc/self/cgroup", "0::/docker/abc\n");
        second("", Long.toString(400 * MIB), 500, 20);

        assertLeft(0, "the control group's limit of 400 MiB");
    }

    @Test
    void knowsTheFirstVersionOfGroups() throws IOException {
        write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/a/b\n0::/\n");
        write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
        write("sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "1000\n");
        write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", 300 * MIB + "\n");
        write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", 200 * MIB + "\n");
        write(
                "sys/fs/cgroup/memory/a/memory.stat",
                "active_file 5\ntotal_active_file 0\ntotal_inactive_file " + 50 * MIB);

        assertLeft(150, "the control group's limit of 300 MiB");
    }

    @Test
    void ofFilesThatSayNothingNothingIsTaken() throws IOException {
        write("proc/meminfo", "nothing\n");
        write("proc/self/cgroup", "nothing\n0::/../..\n");
        write("sys/fs/cgroup/memory.max", "many\n");

        assertThat(AvailableMemory.now(root)).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void isKnownHere() {
        assertThat(AvailableMemory.now().orElseThrow().bytes()).isPositive();
    }
}
