/** Files that PyTorch saved, and TorchScript: pickles are followed as data, and nothing in them is run. */
package io.github.swscan.checkpoint.pytorch;
