package io.github.swscan.checkpoint.pytorch;

import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A file that PyTorch saved, whichever version of it. */
public final class PyTorchFile {

    private static final int LONGEST_START = 16;

    private PyTorchFile() {}

    /**
     * Reads which tensors a file holds, and none of their data.
     *
     * @return the tensors in the order in which they lie in the file
     * @throws InputException if it cannot be read, is malformed, or wants to load more than tensors
     */
    public static List<TensorInfo> read(ByteSource file) {
        byte[] start = start(file);
        if (isArchive(start)) {
            return PyTorchArchive.read(file);
        }
        if (PyTorchLegacyFile.beginsLikeOne(start)) {
            return PyTorchLegacyFile.read(file);
        }
        throw new MalformedInputException(
                file.name(), "", "is not a file that PyTorch saved, old or new", "download the file again");
    }

    /** Whether bytes may be the start of a file that PyTorch saved. */
    public static boolean beginsLikeOne(byte[] start) {
        return isArchive(start) || PyTorchLegacyFile.beginsLikeOne(start);
    }

    private static boolean isArchive(byte[] start) {
        return start.length > 1 && start[0] == 'P' && start[1] == 'K';
    }

    private static byte[] start(ByteSource file) {
        try (InputStream input = file.stream()) {
            return input.readNBytes(LONGEST_START);
        } catch (IOException failure) {
            throw file.unreadable(failure);
        }
    }
}
