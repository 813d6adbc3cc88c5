package io.github.swscan.checkpoint;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.fixture.SmallReport;
import io.github.swscan.input.LocalSource;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.report.json.JsonReportWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForeignFileTest {

    /** Whatever a file is called. */
    private static final List<String> NAMES = List.of("model.safetensors", "pytorch_model.bin", "model.gguf", "model");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!DOCTYPE html><html></html>",
                "\n  <html lang=en>",
                "\ufeff<!doctype HTML>",
                "<HTML><HEAD>",
            })
    void aWebPageIsTold(String text) throws IOException {
        assertTold(text.getBytes(StandardCharsets.UTF_8), "is a web page", "hf download");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"error\":\"Repository not found\"}", "{}", "{ \n \"a\": 1}"})
    void jsonIsTold(String text) throws IOException {
        assertTold(text.getBytes(StandardCharsets.UTF_8), "is JSON text", "name the folder of the model");
    }

    /** However its JSON is laid out. */
    @Test
    void aReportOfSwscanIsTold() throws IOException {
        for (JsonReportWriter writer : List.of(JsonReportWriter.indented(), JsonReportWriter.oneLine())) {
            assertTold(
                    writer.bytes(new SmallReport().report()),
                    "is a report of swscan, not a model",
                    "'swscan report' with this file shows it");
        }
    }

    @Test
    void anEmptyFileIsTold() throws IOException {
        assertTold(new byte[0], "is empty", "download the file again");
    }

    /** First bytes as these programs write them. */
    @ParameterizedTest
    @CsvSource({
        "1f8b0800, is an archive (gzip)",
        "425a6839, is an archive (bzip2)",
        "fd377a585a00, is an archive (xz)",
        "28b52ffd, is an archive (zstd)",
        "377abcaf271c, is an archive (7z)",
        "526172211a0701, is an archive (rar)",
        "6c6d6767, is a GGML file",
        "666d6767, is a GGML file",
        "746a6767, is a GGML file",
        "616c6767, is a LoRA adapter of llama.cpp's old kind",
        "894844460d0a1a0a, is an HDF5 file",
        "1c00000054464c33, is a model of TensorFlow Lite",
        "934e554d5059, is an array of NumPy",
        "255044462d, is a PDF document",
        "89504e470d0a1a0a, is an image (PNG)",
        "ffd8ffe0, is an image (JPEG)",
        "474946383961, is an image (GIF)",
        "0200000014000000626c6b2e302e66, is an importance matrix",
        "01000000060000006f7574707574, is an importance matrix"
    })
    void aFileOfAnotherKindIsTold(String start, String what) throws IOException {
        assertTold(Arrays.copyOf(HexFormat.of().parseHex(start), 400), what, "");
    }

    @Test
    void aTapeArchiveIsTold() throws IOException {
        byte[] tar = new byte[512];
        System.arraycopy("model/".getBytes(StandardCharsets.US_ASCII), 0, tar, 0, 6);
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);

        assertTold(tar, "is an archive (tar)", "unpack it");
    }

    private void assertTold(byte[] content, String what, String remedy) throws IOException {
        for (String name : NAMES) {
            Path file = Files.write(folder.resolve(name), content);

            assertThatExceptionOfType(UnsupportedInputException.class)
                    .isThrownBy(() -> WeightsFormat.of(LocalSource.of(file)))
                    .withMessageContaining(name + ": " + what)
                    .withMessageContaining(remedy);
        }
    }
}
