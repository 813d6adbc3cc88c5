package io.github.swscan.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Changes single bytes of files where they are. While that goes on, a journal beside them says so: whoever finds it knows that
 * the files may be neither what they were nor what they shall be, until the same edit is made again.
 *
 * <p>Every step is on the disk before the next one begins: the journal with all that is going to be written, the bytes, and
 * that the journal is gone. So whatever ends the process, and whenever, the files are as they were, or as they shall be, or
 * there is a journal.
 */
public final class InPlaceEdit {

    /** What the journal is called. */
    public static final String JOURNAL = ".swscan-restore";

    private final Path folder;
    private final Consumer<Step> after;

    /** Some bits of a byte of a file: which, and what they shall be. */
    public record Bits(long offset, int mask, int value) {}

    /** What has been done. */
    enum Step {
        JOURNAL_WRITTEN,
        JOURNAL_SYNCED,
        BYTES_WRITTEN,
        BYTES_SYNCED,
        JOURNAL_REMOVED
    }

    /** @param after is told of each step when it is done */
    InPlaceEdit(Path folder, Consumer<Step> after) {
        this.folder = folder;
        this.after = after;
    }

    /**
     * An edit of files.
     *
     * @param folder that the journal is written to: theirs
     */
    public static InPlaceEdit in(Path folder) {
        return new InPlaceEdit(folder, step -> {});
    }

    /** Whether an edit in a folder did not come to its end. */
    public static boolean isUnfinishedIn(Path folder) {
        return Files.exists(folder.resolve(JOURNAL), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Makes the edit. What an earlier one left undone is done with it, if it is of the same bytes.
     *
     * @throws OutputFailure if it cannot be made: the files are as they were, or there is a journal
     */
    public void apply(Map<Path, List<Bits>> changes) {
        Path journal = folder.resolve(JOURNAL);
        try {
            writeJournal(journal, changes);
            for (Map.Entry<Path, List<Bits>> file : changes.entrySet()) {
                write(file.getKey(), file.getValue());
            }
            after.accept(Step.BYTES_SYNCED);
            Files.delete(journal);
            sync(folder);
            after.accept(Step.JOURNAL_REMOVED);
        } catch (IOException e) {
            throw new OutputFailure(folder, "cannot be written in: " + OutputFailure.reason(e), e);
        }
    }

    /** Whole or not at all. */
    private void writeJournal(Path journal, Map<Path, List<Bits>> changes) throws IOException {
        try (TemporaryPath temporary = TemporaryPath.in(folder)) {
            try (FileChannel channel =
                    FileChannel.open(temporary.path(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer text = ByteBuffer.wrap(text(changes).getBytes(StandardCharsets.UTF_8));
                while (text.hasRemaining()) {
                    channel.write(text);
                }
                after.accept(Step.JOURNAL_WRITTEN);
                channel.force(true);
            }
            Files.move(temporary.path(), journal, StandardCopyOption.ATOMIC_MOVE);
        }
        sync(folder);
        after.accept(Step.JOURNAL_SYNCED);
    }

    /** For people who find it. */
    private static String text(Map<Path, List<Bits>> changes) {
        StringBuilder text =
                new StringBuilder("swscan is restoring these bytes (file, byte, bits, what they shall be). If no"
                        + " swscan runs, it was interrupted:\nrun the same swscan restore again.\n");
        changes.forEach((file, bits) -> bits.forEach(one ->
                text.append("%s %d %02x %02x%n".formatted(file.getFileName(), one.offset(), one.mask(), one.value()))));
        return text.toString();
    }

    private void write(Path file, List<Bits> bits) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (List<Bits> run : runs(bits)) {
                ByteBuffer bytes = ByteBuffer.allocate(run.size());
                long first = run.get(0).offset();
                int read;
                do {
                    read = channel.read(bytes, first + bytes.position());
                } while (bytes.hasRemaining() && read >= 0);
                for (int i = 0; i < run.size(); i++) {
                    bytes.put(i, (byte)
                            ((bytes.get(i) & ~run.get(i).mask()) | run.get(i).value()));
                }
                bytes.rewind();
                while (bytes.hasRemaining()) {
                    channel.write(bytes, first + bytes.position());
                }
            }
            after.accept(Step.BYTES_WRITTEN);
            channel.force(true);
        }
    }

    /** Bytes next to each other are written at once. */
    private static List<List<Bits>> runs(List<Bits> bits) {
        List<List<Bits>> runs = new ArrayList<>();
        for (Bits one :
                bits.stream().sorted(Comparator.comparingLong(Bits::offset)).toList()) {
            List<Bits> last = runs.isEmpty() ? List.of() : runs.get(runs.size() - 1);
            if (last.isEmpty() || last.get(last.size() - 1).offset() + 1 != one.offset()) {
                last = new ArrayList<>();
                runs.add(last);
            }
            last.add(one);
        }
        return runs;
    }

    /** That a file came or went is on the disk once its folder is. Some systems do not open folders, and need it not. */
    private static void sync(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException unsupported) {
            return;
        }
    }
}
