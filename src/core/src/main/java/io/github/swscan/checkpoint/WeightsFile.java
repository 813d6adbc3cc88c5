package io.github.swscan.checkpoint;

import io.github.swscan.checkpoint.gguf.GgufFile;
import io.github.swscan.checkpoint.pytorch.PyTorchArchive;
import io.github.swscan.checkpoint.pytorch.PyTorchLegacyFile;
import io.github.swscan.checkpoint.safetensors.SafetensorsHeader;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The formats of weights files. */
final class WeightsFile {

    static final String SAFETENSORS = ".safetensors";

    private static final Pattern PYTORCH = Pattern.compile(".+\\.(bin|pt|pth)");

    private static final int LONGEST_START = 16;

    private WeightsFile() {}

    /** Whether a file is named like weights of PyTorch. */
    static boolean isNamedLikePyTorch(Path file) {
        return PYTORCH.matcher(file.getFileName().toString()).matches();
    }

    /** Whether a file is named like weights of llama.cpp. */
    static boolean isNamedLikeGguf(Path file) {
        return file.getFileName().toString().endsWith(GgufFile.SUFFIX);
    }

    /**
     * Reads which tensors a file of safetensors or PyTorch holds, and none of their data. What is not named like a file
     * of PyTorch counts as safetensors.
     *
     * @return the tensors, in an order that is always the same
     * @throws InputException if the file cannot be read or breaks a rule of its format
     */
    static List<TensorInfo> read(Path file) {
        if (!isNamedLikePyTorch(file)) {
            return SafetensorsHeader.read(file);
        }
        byte[] start = start(file);
        if (start.length > 1 && start[0] == 'P' && start[1] == 'K') {
            return PyTorchArchive.read(file);
        }
        if (PyTorchLegacyFile.beginsLikeOne(start)) {
            return PyTorchLegacyFile.read(file);
        }
        throw new MalformedInputException(
                file, "", "is not a file that PyTorch saved, old or new", "download the file again");
    }

    private static byte[] start(Path file) {
        try (InputStream input = Files.newInputStream(file)) {
            return input.readNBytes(LONGEST_START);
        } catch (IOException failure) {
            throw InputException.unreadable(file, failure);
        }
    }
}
