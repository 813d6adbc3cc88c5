package io.github.swscan.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.swscan.output.InPlaceEdit.Bits;
import io.github.swscan.output.InPlaceEdit.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InPlaceEditTest {

    private static final byte[] DAMAGED = {1, 2, 3, 4, 5, 6};
    private static final byte[] RESTORED = {1, (byte) 0xF2, 0x7F, 4, 5, 0x66};

    private static final List<Bits> CHANGES =
            List.of(new Bits(2, 0xFF, 0x7F), new Bits(1, 0xF0, 0xF0), new Bits(5, 0xFF, 0x66));

    @TempDir
    private Path folder;

    private Path file;

    private static final class Interrupted extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @BeforeEach
    void write() throws IOException {
        file = Files.write(folder.resolve("weights"), DAMAGED);
    }

    @Test
    void bitsAreChangedAndNothingIsLeft() {
        InPlaceEdit.in(folder).apply(Map.of(file, CHANGES));

        assertThat(file).hasBinaryContent(RESTORED);
        assertThat(folder.toFile().list()).containsExactly("weights");
    }

    @ParameterizedTest
    @EnumSource
    void afterEachStepTheFileIsAsItWasOrAsItShallBeOrThereIsAJournal(Step last) throws IOException {
        InPlaceEdit interrupted = new InPlaceEdit(folder, step -> {
            if (step == last) {
                throw new Interrupted();
            }
        });

        assertThatThrownBy(() -> interrupted.apply(Map.of(file, CHANGES))).isInstanceOf(Interrupted.class);

        byte[] now = Files.readAllBytes(file);
        boolean journal = InPlaceEdit.isUnfinishedIn(folder);
        switch (last) {
            case JOURNAL_WRITTEN -> {
                assertThat(now).isEqualTo(DAMAGED);
                assertThat(journal).isFalse();
            }
            case JOURNAL_SYNCED -> {
                assertThat(now).isEqualTo(DAMAGED);
                assertThat(journal).isTrue();
            }
            case BYTES_WRITTEN, BYTES_SYNCED -> {
                assertThat(now).isEqualTo(RESTORED);
                assertThat(journal).isTrue();
            }
            case JOURNAL_REMOVED -> {
                assertThat(now).isEqualTo(RESTORED);
                assertThat(journal).isFalse();
            }
        }

        InPlaceEdit.in(folder).apply(Map.of(file, CHANGES));
        assertThat(file).hasBinaryContent(RESTORED);
        assertThat(folder.toFile().list()).containsExactly("weights");
    }

    @Test
    void whereNoJournalCanBeWrittenTheFileIsAsItWas() {
        Path missing = folder.resolve("missing");

        assertThatThrownBy(() -> InPlaceEdit.in(missing).apply(Map.of(file, CHANGES)))
                .isInstanceOf(OutputFailure.class);
        assertThat(file).hasBinaryContent(DAMAGED);
    }
}
